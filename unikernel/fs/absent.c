/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rooms of libext2fs that are never entered, closed.
 *
 * openfs.c and freefs.c of libext2fs mention bitmaps, the journal, multiple-mount protection and
 * the tables of Unicode for case folding (64 KiB of them).  Linking those would double the image
 * for code that never runs: libext2fs opens without EXT2_FLAG_RW, mount.c has refused the features
 * beforehand, and bitmaps and journal are our own (group.c, journal.c; libext2fs's allocator is in
 * grow.c).  These are the mentions; each says why it cannot be reached, or is harmless.
 */
#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>
#include <ext2fs/hashmap.h>

#include "unikernel/core/panic.h"

/* Casefold is refused; without a table libext2fs compares no names anyway. */
const struct ext2fs_nls_table *ext2fs_load_nls_table(int encoding)
{
	(void)encoding;
	return NULL;
}

/* Only of a file system that is opened for writing or exclusively. */
errcode_t ext2fs_mmp_start(ext2_filsys fs)
{
	(void)fs;
	return EXT2_ET_OP_NOT_SUPPORTED;
}

errcode_t ext2fs_mmp_stop(ext2_filsys fs)
{
	(void)fs;
	return 0;
}

/* Only with EXT2_FLAG_SHARE_DUP. */
struct ext2fs_hashmap *ext2fs_hashmap_create(uint32_t (*hash_fct)(const void *, size_t),
					     void (*free_fct)(void *), size_t size)
{
	(void)hash_fct, (void)free_fct, (void)size;
	return NULL;
}

void ext2fs_hashmap_free(struct ext2fs_hashmap *h)
{
	ASSERT(!h);
}

uint32_t ext2fs_djb2_hash(const void *str, size_t size)
{
	(void)str, (void)size;
	return 0;
}

/* Bitmaps are never read, so there are none to free. */
void ext2fs_free_block_bitmap(ext2fs_block_bitmap bitmap)
{
	ASSERT(!bitmap);
}

void ext2fs_free_inode_bitmap(ext2fs_inode_bitmap bitmap)
{
	ASSERT(!bitmap);
}

/* Freeing the file system drops its buffer of zeroes, which was never made. */
errcode_t ext2fs_zero_blocks2(ext2_filsys fs, blk64_t block, int count, blk64_t *failed_block,
			      int *failed_count)
{
	(void)block, (void)count, (void)failed_block, (void)failed_count;
	return fs ? EXT2_ET_RO_FILSYS : 0;
}
