/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May the file system be written, and if so: from the mount to the unmount.
 *
 * There must be a journal, for without one a crash in the middle of a change could leave what no
 * e2fsck -p mends.  What we do not keep right (quotas, clusters, …) must not be there.  For
 * everything else there is a reason in the log, and the file system is read.  Nothing is written, and
 * no memory taken, before something is changed.
 *
 * Bounds: half of the cache (lodger.fs-cache) for dirty data, and as much again for metadata that is
 * not yet in its place, of which at least two of the largest calls must find room.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/block.h"
#include "unikernel/fs/group.h"
#include "unikernel/fs/journal.h"

#define BLOCK_BYTES_MOST 4096u
#define METADATA_LEAST	 (2 * TRANSACTION_BLOCKS)
#define METADATA_MOST	 2048u

/* --- may it be written? ----------------------------------------------------------------------- */

/* Features of which one may read without knowing them, but not write. */
static const struct {
	uint32_t bit;
	const char *why; /* NULL: we know it */
} features[] = {
	{EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER, NULL},
	{EXT2_FEATURE_RO_COMPAT_LARGE_FILE, NULL},
	{EXT4_FEATURE_RO_COMPAT_HUGE_FILE, NULL},
	{EXT4_FEATURE_RO_COMPAT_GDT_CSUM, NULL},
	{EXT4_FEATURE_RO_COMPAT_DIR_NLINK, NULL},
	{EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE, NULL},
	{EXT4_FEATURE_RO_COMPAT_METADATA_CSUM, NULL},
	{EXT4_FEATURE_RO_COMPAT_HAS_SNAPSHOT, "it has feature has_snapshot"},
	{EXT4_FEATURE_RO_COMPAT_QUOTA, "it has feature quota"},
	{EXT4_FEATURE_RO_COMPAT_BIGALLOC, "it has feature bigalloc"},
	{EXT4_FEATURE_RO_COMPAT_REPLICA, "it has feature replica"},
	{EXT4_FEATURE_RO_COMPAT_READONLY, "it has feature read-only"},
	{EXT4_FEATURE_RO_COMPAT_PROJECT, "it has feature project"},
	{EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS, "it has feature shared_blocks"},
	{EXT4_FEATURE_RO_COMPAT_VERITY, "it has feature verity"},
	{EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT, "it has feature orphan_present (run e2fsck)"},
};

static const char *features_check(const struct ext2_super_block *super)
{
	uint32_t unknown = super->s_feature_ro_compat;
	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if ((unknown & features[i].bit) && features[i].why)
			return features[i].why;
		unknown &= ~features[i].bit;
	}
	if (unknown)
		return "it has a feature that nobody knows";
	if (super->s_feature_incompat & EXT4_FEATURE_INCOMPAT_EA_INODE)
		return "it has feature ea_inode";
	return NULL;
}

/* What libext2fs believes, and what writing would make worse. */
static bool geometry_possible(const ext2_filsys fs)
{
	struct ext2_super_block *super = fs->super;
	const uint64_t bits = (uint64_t)fs->blocksize * 8;
	const uint64_t groups =
		(ext4.blocks - super->s_first_data_block + super->s_blocks_per_group - 1) /
		super->s_blocks_per_group;
	return super->s_blocks_per_group <= bits && super->s_blocks_per_group % 8 == 0 &&
	       super->s_clusters_per_group == super->s_blocks_per_group &&
	       super->s_inodes_per_group <= bits && super->s_inodes_per_group % 8 == 0 &&
	       super->s_first_data_block == (fs->blocksize == 1024) &&
	       groups == fs->group_desc_count &&
	       (uint64_t)super->s_inodes_per_group * groups == super->s_inodes_count &&
	       (uint64_t)fs->inode_blocks_per_group * fs->blocksize >=
		       (uint64_t)super->s_inodes_per_group * EXT2_INODE_SIZE(super) &&
	       EXT2_DESC_SIZE(super) >= 32 && EXT2_DESC_SIZE(super) <= fs->blocksize;
}

static bool groups_possible(const ext2_filsys fs)
{
	for (dgrp_t group = 0; group < fs->group_desc_count; group++)
		if (!block_on_disk(ext2fs_block_bitmap_loc(fs, group), 1) ||
		    !block_on_disk(ext2fs_inode_bitmap_loc(fs, group), 1) ||
		    !block_on_disk(ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group))
			return false;
	return true;
}

static const char *reason_to_read_only(void)
{
	const ext2_filsys fs = ext4.fs;
	if (cache_readonly(ext4.cache))
		return "the disk is read-only";
	const char *why = features_check(fs->super);
	if (why)
		return why;
	if (fs->blocksize > BLOCK_BYTES_MOST)
		return "its blocks are larger than a page";
	if (fs->blocksize < cache_sector_bytes(ext4.cache))
		return "its blocks are smaller than the disk's sectors";
	if (fs->super->s_state & EXT2_ERROR_FS)
		return "it has errors (run e2fsck)";
	if (!(fs->super->s_state & EXT2_VALID_FS))
		return "it was not unmounted (run e2fsck)";
	if (!geometry_possible(fs) || !groups_possible(fs))
		return "its groups are impossible (run e2fsck)";
	return NULL;
}

/* --- the super block -------------------------------------------------------------------------- */

#define SUPER_BLOCK(fs) ((uint64_t)(SUPERBLOCK_OFFSET / (fs)->blocksize))

int super_touch(void)
{
	return block_edit(SUPER_BLOCK(ext4.fs)) ? 0 : -EIO;
}

int super_store(void)
{
	char *block = block_edit(SUPER_BLOCK(ext4.fs));
	if (!block)
		return -EIO;
	super_seal(ext4.fs->super);
	memcpy(block + SUPERBLOCK_OFFSET % ext4.fs->blocksize, ext4.fs->super, SUPERBLOCK_SIZE);
	return 0;
}

/* In its place, and on stable storage. */
static int super_write(struct ext2_super_block *super)
{
	super_seal(super);
	int error = cache_write(ext4.cache, SUPERBLOCK_OFFSET, super, SUPERBLOCK_SIZE);
	if (!error)
		error = cache_write_back(ext4.cache);
	return error ? error : cache_flush(ext4.cache);
}

/* --- from the mount to the unmount ------------------------------------------------------------ */

int ext4_recover(const char *disk)
{
	const char *why = "the disk is read-only";
	int error = -EROFS;
	if (!cache_readonly(ext4.cache))
		error = journal_open(&why);
	if (!error) {
		error = journal_recover(&why);
		journal_close();
	}
	/* The super block as it is now: the journal may have held another. */
	if (!error) {
		struct ext2_super_block *super = ext4.fs->super;
		error = cache_read(ext4.cache, SUPERBLOCK_OFFSET, super, SUPERBLOCK_SIZE);
		ext2fs_clear_feature_journal_needs_recovery(super);
		if (!error)
			error = super_write(super);
	}
	if (error)
		log_error("ext4: %s has feature needs_recovery: %s", disk, why);
	return error;
}

/* What the journal and the cache leave room for; 0 if that is too little. */
static unsigned int metadata_most(void)
{
	size_t most = cache_bytes(ext4.cache) / 2 / ext4.fs->blocksize;
	if (most < METADATA_LEAST)
		most = METADATA_LEAST;
	if (most > METADATA_MOST)
		most = METADATA_MOST;
	if (most > (journal.end - journal.first) / 3)
		most = (journal.end - journal.first) / 3;
	return most < METADATA_LEAST ? 0 : (unsigned int)most;
}

static int writing_start(void)
{
	const unsigned int most = metadata_most();
	int error = blocks_begin(most);
	if (!error)
		error = groups_begin();
	if (!error)
		error = transactions_begin();
	if (!error)
		error = journal_begin(most);
	if (error)
		return error;
	ext2fs_set_feature_journal_needs_recovery(ext4.fs->super);
	ext4.fs->super->s_mtime = (uint32_t)(time_wall_ns() / TIME_S);
	ext4.fs->super->s_mnt_count++;
	/* In this order: a log in use that nobody is told of would be taken for an error. */
	error = super_write(ext4.fs->super);
	return error ? error : journal_empty(true);
}

static void writing_undo(void)
{
	ext4.writable = false;
	ext4.written = false;
	inodes_forget();
	groups_end();
	blocks_end();
	journal_close();
}

int ext4_start_writing(void)
{
	if (ext4.written)
		return 0;
	int error = writing_start();
	if (error) {
		log_error("ext4: the disk cannot be written (%d): nothing is", -error);
		writing_undo();
		ext4.failed = true;
		return error == -ENOMEM ? error : -EIO;
	}
	ext4.fs->flags |= EXT2_FLAG_RW;
	ext4.written = true;
	return 0;
}

void ext4_begin_writing(const char *disk)
{
	const char *why = reason_to_read_only();
	ext4.failed = false;
	if (!why && journal_open(&why) == 0) {
		why = metadata_most() ? NULL : "its journal is too small";
		if (!why) {
			ext4.writable = true;
			orphans_clear();
			return;
		}
	}
	writing_undo();
	log_info("ext4: %s is mounted read-only: %s", disk, why);
}

void ext4_end_writing(void)
{
	orphans_finish();
	if (ext4.writable && ext4.written && transaction_checkpoint() == 0 &&
	    journal_empty(false) == 0) {
		ext2fs_clear_feature_journal_needs_recovery(ext4.fs->super);
		if (super_write(ext4.fs->super))
			log_error("ext4: the super block cannot be written: the journal will be "
				  "replayed");
	}
	writing_undo();
}
