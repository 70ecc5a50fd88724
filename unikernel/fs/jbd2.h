/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal's format on the disk: jbd2's, so that e2fsck and Linux replay what we have written,
 * and we what they have.  All numbers are big-endian.
 *
 *	journal file, in blocks of the file system's size
 *
 *	0: super block | … s_start: the log, round and round between s_first and the end …
 *
 *	a transaction in the log
 *
 *	| descriptor: tags of n blocks | n blocks … | descriptor | … | revoke … | commit |
 *
 * A transaction counts once its commit block is there, with the sequence number that is next.  A
 * block that happens to begin with the magic number goes to the log with zeroes there, and its tag
 * says so (escape).
 */
#ifndef LODGER_FS_JBD2_H
#define LODGER_FS_JBD2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JBD2_MAGIC 0xc03b3998u

enum { JBD2_DESCRIPTOR = 1, JBD2_COMMIT, JBD2_SUPER_V1, JBD2_SUPER_V2, JBD2_REVOKE };

struct jbd2_header {
	uint32_t magic, type, sequence;
};

#define JBD2_SUPER_BYTES 1024u
#define JBD2_CRC32C	 4u

struct jbd2_super {
	struct jbd2_header header;
	uint32_t block_size, blocks, first; /* of the journal; first: block of the log */
	uint32_t sequence;		    /* of the first transaction in the log */
	uint32_t start;			    /* where that is; 0: the log is empty */
	uint32_t error;
	uint32_t compat, incompat, ro_compat; /* from here on only in version 2 */
	uint8_t uuid[16];
	uint32_t users, dynamic, transaction_most, data_most;
	uint8_t checksum_type, pad[3];
	uint32_t fast_commit_blocks;
	uint32_t unused[41];
	uint32_t checksum; /* of these 1024 bytes, this one being 0 */
	uint8_t user[768];
};
_Static_assert(sizeof(struct jbd2_super) == JBD2_SUPER_BYTES, "layout");

enum { JBD2_COMPAT_CHECKSUM = 1 };
enum {
	JBD2_INCOMPAT_REVOKE = 1,
	JBD2_INCOMPAT_64BIT = 2,
	JBD2_INCOMPAT_ASYNC_COMMIT = 4,
	JBD2_INCOMPAT_CSUM_V2 = 8,
	JBD2_INCOMPAT_CSUM_V3 = 16,
	JBD2_INCOMPAT_FAST_COMMIT = 32,
};

/* Flags of a tag. */
enum { JBD2_ESCAPE = 1, JBD2_SAME_UUID = 2, JBD2_DELETED = 4, JBD2_LAST = 8 };

/* A tag with CSUM_V3, and without; of the latter block_high is there with 64BIT only. */
struct jbd2_tag3 {
	uint32_t block, flags, block_high, checksum;
};
struct jbd2_tag {
	uint32_t block;
	uint16_t checksum, flags;
	uint32_t block_high;
};
#define JBD2_UUID_BYTES 16u /* behind a tag without JBD2_SAME_UUID */
#define JBD2_TAIL_BYTES 4u  /* with either checksum: at the end of descriptors and revokes */

struct jbd2_commit {
	struct jbd2_header header;
	uint8_t checksum_type, checksum_size, pad[2];
	uint32_t checksum[8];
	uint32_t seconds_high, seconds_low, nanoseconds;
};

struct jbd2_revoke {
	struct jbd2_header header;
	uint32_t bytes; /* in use of this block, this header included */
};

static inline uint32_t be32(uint32_t n)
{
	return __builtin_bswap32(n);
}

static inline uint16_t be16(uint16_t n)
{
	return __builtin_bswap16(n);
}

#endif
