/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The journal of the mounted file system: opened, replayed, appended to, emptied.
 *
 *	journal.c   where its blocks are, its super block
 *	recover.c   replay at the mount
 *	log.c       a transaction into the log
 *
 * Under ext4_lock(), all of it.
 */
#ifndef LODGER_FS_JOURNAL_H
#define LODGER_FS_JOURNAL_H

#include "unikernel/fs/ext4.h"
#include "unikernel/fs/jbd2.h"

#define JOURNAL_RUNS_MAX 512u

struct journal {
	struct run *runs; /* of the journal's file, in its order, without gaps */
	unsigned int run_count;
	uint32_t first, end;	 /* the log's blocks: [first, end) */
	uint32_t head;		 /* where the next transaction goes */
	uint32_t used;		 /* blocks of transactions that are needed after a crash */
	uint32_t sequence;	 /* of the next transaction */
	unsigned int tag_bytes;	 /* of one tag */
	bool wide, csum2, csum3; /* 64BIT, CSUM_V2, CSUM_V3 */
	uint32_t seed;		 /* of its checksums */
	struct jbd2_super super; /* as on the disk */
	char *blocks;		 /* for descriptors and the commit block */
	unsigned int blocks_count;
	struct blkfront_piece *pieces;
};

extern struct journal journal;

/* Looks at the journal; nothing is written.  0, or a negative errno with *why in words. */
int journal_open(const char **why);
void journal_close(void);

/* Replays what a crash has left and empties the log; journal_open() must have succeeded. */
int journal_recover(const char **why);

/* Prepares for transactions of up to so many blocks; journal_empty(true) begins with them. */
int journal_begin(unsigned int blocks_most);

/* The disk's byte where a block of the journal's file lies, and how many follow it in a row. */
uint64_t journal_offset(uint32_t block, uint32_t *in_a_row);
uint32_t journal_next(uint32_t block);

/* How many blocks of the log a transaction of n blocks takes; how many there are for new ones. */
uint32_t journal_blocks_for(unsigned int n);
uint32_t journal_room(void);

struct buffer;
/*
 * Appends a transaction, waits for it and commits it: on stable storage at the return, with
 * whatever is dirty in the cache.  -EIO: it may or may not be there.
 */
int journal_append(struct buffer *const *buffers, unsigned int n);

/* What the log holds is in its place: begins anew behind it; in_use false: for good. */
int journal_empty(bool in_use);

uint32_t journal_tag_checksum(uint32_t sequence, const void *data);
uint32_t journal_block_checksum(const void *block);
unsigned int journal_tags_per_block(void);

#endif
