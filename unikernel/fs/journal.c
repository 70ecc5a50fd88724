/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal's file and its super block. */
#include "unikernel/fs/journal.h"

#include <errno.h>
#include <string.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/heap.h"

struct journal journal;

/* --- where its blocks are --------------------------------------------------------------------- */

static int runs_read(ext2_ino_t ino, const struct ext2_inode *inode, const char **why)
{
	const uint64_t blocks = inode_size(inode) / ext4.fs->blocksize;
	*why = "the journal's file is broken";
	if (blocks < 64 || blocks > ext4.blocks || blocks > INT32_MAX)
		return -EIO;
	journal.runs = heap_zalloc(JOURNAL_RUNS_MAX * sizeof(struct run));
	if (!journal.runs)
		return -ENOMEM;
	for (uint64_t at = 0; at < blocks;) {
		struct run *run = &journal.runs[journal.run_count];
		struct run *before = run - 1;
		if (map_run(ino, inode, at, run) || run->hole)
			return -EIO;
		if (run->length > blocks - at)
			run->length = blocks - at;
		at += run->length;
		if (journal.run_count && before->physical + before->length == run->physical)
			before->length += run->length;
		else if (++journal.run_count == JOURNAL_RUNS_MAX) {
			*why = "the journal is in too many pieces";
			return -EIO;
		}
	}
	journal.end = (uint32_t)blocks;
	return 0;
}

uint64_t journal_offset(uint32_t block, uint32_t *in_a_row)
{
	const struct run *run = journal.runs;
	while (block >= run->logical + run->length)
		run++;
	uint64_t rest = run->logical + run->length;
	if (rest > journal.end)
		rest = journal.end;
	*in_a_row = (uint32_t)rest - block;
	return (run->physical + block - run->logical) * ext4.fs->blocksize;
}

uint32_t journal_next(uint32_t block)
{
	return block + 1 == journal.end ? journal.first : block + 1;
}

/* --- checksums -------------------------------------------------------------------------------- */

uint32_t journal_block_checksum(const void *block)
{
	return ext2fs_crc32c_le(journal.seed, block, ext4.fs->blocksize);
}

uint32_t journal_tag_checksum(uint32_t sequence, const void *data)
{
	const uint32_t raw = be32(sequence);
	const uint32_t sum = ext2fs_crc32c_le(journal.seed, (const void *)&raw, sizeof(raw));
	return ext2fs_crc32c_le(sum, data, ext4.fs->blocksize);
}

static uint32_t super_checksum(void)
{
	struct jbd2_super super = journal.super;
	super.checksum = 0;
	return ext2fs_crc32c_le(~0u, (const void *)&super, sizeof(super));
}

/* --- the super block -------------------------------------------------------------------------- */

static void features_use(void)
{
	const uint32_t incompat = be32(journal.super.incompat);
	journal.wide = incompat & JBD2_INCOMPAT_64BIT;
	journal.csum2 = incompat & JBD2_INCOMPAT_CSUM_V2;
	journal.csum3 = incompat & JBD2_INCOMPAT_CSUM_V3;
	if (journal.csum3)
		journal.tag_bytes = sizeof(struct jbd2_tag3);
	else
		journal.tag_bytes = 8u + (journal.csum2 ? 2u : 0u) + (journal.wide ? 4u : 0u);
	journal.seed = ext2fs_crc32c_le(~0u, journal.super.uuid, sizeof(journal.super.uuid));
}

static int super_check(const char **why)
{
	const struct jbd2_super *super = &journal.super;
	const uint32_t type = be32(super->header.type);
	*why = "the journal's super block is broken";
	if (be32(super->header.magic) != JBD2_MAGIC ||
	    (type != JBD2_SUPER_V1 && type != JBD2_SUPER_V2) ||
	    be32(super->block_size) != ext4.fs->blocksize || be32(super->blocks) > journal.end ||
	    be32(super->blocks) < 64 || be32(super->first) == 0 ||
	    be32(super->first) >= be32(super->blocks) - 32 ||
	    be32(super->start) >= be32(super->blocks))
		return -EIO;
	journal.first = be32(super->first);
	journal.end = be32(super->blocks);
	journal.sequence = be32(super->sequence);
	if (type == JBD2_SUPER_V1) {
		/* What lies behind is not defined. */
		memset((char *)&journal.super + offsetof(struct jbd2_super, compat), 0,
		       sizeof(journal.super) - offsetof(struct jbd2_super, compat));
		features_use();
		return 0;
	}
	const uint32_t incompat = be32(super->incompat);
	const uint32_t known = JBD2_INCOMPAT_REVOKE | JBD2_INCOMPAT_64BIT | JBD2_INCOMPAT_CSUM_V2 |
			       JBD2_INCOMPAT_CSUM_V3;
	if (incompat & ~known) {
		*why = incompat & JBD2_INCOMPAT_FAST_COMMIT ? "the journal has feature fast_commit"
		       : incompat & JBD2_INCOMPAT_ASYNC_COMMIT
			       ? "the journal has feature async_commit"
			       : "the journal has an unknown feature";
		return -EOPNOTSUPP;
	}
	features_use();
	if (journal.csum2 && journal.csum3)
		return -EIO;
	if ((journal.csum2 || journal.csum3) &&
	    (super->checksum_type != JBD2_CRC32C || be32(super->checksum) != super_checksum()))
		return -EIO;
	return 0;
}

int journal_open(const char **why)
{
	struct ext2_inode inode;
	const ext2_ino_t ino = ext4.fs->super->s_journal_inum;
	memset(&journal, 0, sizeof(journal));
	*why = "it has no journal (tune2fs -j makes one)";
	if (!ext2fs_has_feature_journal(ext4.fs->super))
		return -EOPNOTSUPP;
	*why = "its journal is on another disk";
	if (ino == 0)
		return -EOPNOTSUPP;
	*why = "the journal's file is broken";
	int error = inode_read(ino, &inode);
	if (!error && !LINUX_S_ISREG(inode.i_mode))
		error = -EIO;
	if (!error)
		error = runs_read(ino, &inode, why);
	uint32_t in_a_row;
	if (!error)
		error = cache_read(ext4.cache, journal_offset(0, &in_a_row), &journal.super,
				   sizeof(journal.super));
	if (!error)
		error = super_check(why);
	if (error)
		journal_close();
	return error;
}

void journal_close(void)
{
	heap_free(journal.runs);
	heap_free(journal.blocks);
	heap_free(journal.pieces);
	memset(&journal, 0, sizeof(journal));
}

static int super_write(void)
{
	if (journal.csum2 || journal.csum3)
		journal.super.checksum = be32(super_checksum());
	uint32_t in_a_row;
	int error = cache_write(ext4.cache, journal_offset(0, &in_a_row), &journal.super,
				sizeof(journal.super));
	if (!error)
		error = cache_write_back(ext4.cache);
	return error ? error : cache_flush(ext4.cache);
}

int journal_empty(bool in_use)
{
	journal.used = 0;
	journal.super.start = in_use ? be32(journal.head) : 0;
	journal.super.sequence = be32(journal.sequence);
	return super_write();
}

/*
 * A journal fresh from mke2fs has no features; as Linux does, it gets what the file system's own
 * features ask for, now that nothing is in its log.
 */
static void features_choose(void)
{
	journal.super.header.type = be32(JBD2_SUPER_V2);
	uint32_t incompat = be32(journal.super.incompat);
	if (ext2fs_has_feature_64bit(ext4.fs->super))
		incompat |= JBD2_INCOMPAT_64BIT;
	if (ext2fs_has_feature_metadata_csum(ext4.fs->super)) {
		incompat &= ~(uint32_t)JBD2_INCOMPAT_CSUM_V2;
		incompat |= JBD2_INCOMPAT_CSUM_V3;
		journal.super.compat &= ~be32(JBD2_COMPAT_CHECKSUM);
		journal.super.checksum_type = JBD2_CRC32C;
	}
	journal.super.incompat = be32(incompat);
	features_use();
}

int journal_begin(unsigned int blocks_most)
{
	features_choose();
	const unsigned int descriptors = blocks_most / journal_tags_per_block() + 1;
	journal.blocks_count = descriptors + 1;
	journal.blocks = heap_alloc((size_t)journal.blocks_count * ext4.fs->blocksize);
	journal.pieces = heap_alloc((blocks_most + descriptors) * sizeof(*journal.pieces));
	if (!journal.blocks || !journal.pieces)
		return -ENOMEM;
	journal.head = journal.first;
	return 0;
}
