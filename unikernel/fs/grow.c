/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New blocks for a file: found free, and entered where map.c will find them.
 *
 * The tree of extents is libext2fs's to change, except for the commonest case, which needs no tree:
 * a file that grows behind its last extent, all of which are in the inode.
 */
#include <errno.h>
#include <string.h>

#include "unikernel/fs/ext4.h"
#include "unikernel/fs/group.h"

/* In one transaction; and of free blocks, what the tree above new ones may need. */
#define GROW_BLOCKS   2048u
#define EXTENT_LENGTH EXT_INIT_MAX_LEN

/* --- libext2fs's allocator, which is ours ----------------------------------------------------- */

blk64_t ext2fs_find_inode_goal(ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode,
			       blk64_t lblk)
{
	(void)inode, (void)lblk;
	return ext2fs_group_first_block2(fs, ext2fs_group_of_ino(fs, ino));
}

errcode_t ext2fs_alloc_block2(ext2_filsys fs, blk64_t goal, char *block_buf, blk64_t *ret)
{
	(void)fs, (void)block_buf;
	unsigned int got;
	uint64_t start;
	if (blocks_allocate(goal, 1, &start, &got))
		return EXT2_ET_BLOCK_ALLOC_FAIL;
	*ret = start;
	return block_create(start) ? 0 : EXT2_ET_SHORT_WRITE;
}

/* It is told of blocks that it frees; what it allocates is counted already. */
void ext2fs_block_alloc_stats2(ext2_filsys fs, blk64_t block, int in_use)
{
	(void)fs;
	if (in_use < 0 && blocks_release(block, 1))
		transaction_fail("a block of a tree cannot be freed");
}

errcode_t ext2fs_iblk_add_blocks(ext2_filsys fs, struct ext2_inode *inode, blk64_t count)
{
	(void)fs;
	return inode_add_blocks(inode, (int64_t)count) ? EXT2_ET_FILE_TOO_BIG : 0;
}

/* --- extents ---------------------------------------------------------------------------------- */

/* Behind the last extent in the inode: true if that could be done. */
static bool extent_append(struct ext2_inode *inode, uint64_t logical, uint64_t start,
			  unsigned int count)
{
	struct ext3_extent_header *header = (void *)inode->i_block;
	struct ext3_extent *extents = (void *)(header + 1);
	const unsigned int n = header->eh_entries;
	if (header->eh_magic != EXT3_EXT_MAGIC || header->eh_depth || n > header->eh_max ||
	    header->eh_max > 4)
		return false;
	if (n > 0) {
		struct ext3_extent *last = &extents[n - 1];
		const uint64_t begin = last->ee_start | (uint64_t)last->ee_start_hi << 32;
		if (last->ee_len > EXTENT_LENGTH ||
		    logical < (uint64_t)last->ee_block + last->ee_len)
			return false;
		if (logical == (uint64_t)last->ee_block + last->ee_len &&
		    start == begin + last->ee_len && last->ee_len + count <= EXTENT_LENGTH) {
			last->ee_len = (uint16_t)(last->ee_len + count);
			return true;
		}
	}
	if (n == header->eh_max)
		return false;
	extents[n] = (struct ext3_extent){
		.ee_block = (uint32_t)logical,
		.ee_len = (uint16_t)count,
		.ee_start = (uint32_t)start,
		.ee_start_hi = (uint16_t)(start >> 32),
	};
	header->eh_entries++;
	return true;
}

static errcode_t extent_insert(ext2_extent_handle_t handle, uint64_t logical, uint64_t start,
			       unsigned int count)
{
	struct ext2fs_extent before;
	struct ext2fs_extent extent = {.e_lblk = logical,
				       .e_pblk = start,
				       .e_len = count,
				       .e_flags = EXT2_EXTENT_FLAGS_LEAF};
	errcode_t error = ext2fs_extent_goto(handle, logical);
	if (error == 0)
		return EXT2_ET_EXTENT_INVALID_LENGTH; /* we came because it is not there */
	if (error != EXT2_ET_EXTENT_NOT_FOUND)
		return error;
	int flags = 0;
	error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &before);
	if (!error && before.e_lblk < logical) {
		if (before.e_lblk + before.e_len == logical &&
		    before.e_pblk + before.e_len == start &&
		    !(before.e_flags & EXT2_EXTENT_FLAGS_UNINIT) &&
		    before.e_len + count <= EXTENT_LENGTH) {
			before.e_len += count;
			return ext2fs_extent_replace(handle, 0, &before);
		}
		flags = EXT2_EXTENT_INSERT_AFTER;
	}
	error = ext2fs_extent_insert(handle, flags, &extent);
	return error ? error : ext2fs_extent_fix_parents(handle);
}

static errcode_t extent_convert(ext2_extent_handle_t handle, uint64_t logical, uint64_t start,
				unsigned int count)
{
	errcode_t error = 0;
	for (unsigned int i = 0; !error && i < count; i++)
		error = ext2fs_extent_set_bmap(handle, logical + i, start + i, 0);
	return error;
}

/* convert: the blocks are there, but were not to be read; else they are new. */
static int extents_add(struct inode *inode, uint64_t logical, uint64_t start, unsigned int count,
		       bool convert)
{
	struct ext2_inode *raw = inode_raw(inode);
	if (!convert && extent_append(raw, logical, start, count))
		return 0;
	ext2_extent_handle_t handle;
	if (extent_depth(raw) < 0)
		return -EIO;
	errcode_t error = ext2fs_extent_open2(ext4.fs, inode->ino, raw, &handle);
	if (error)
		return ext4_error(error, inode->ino, "extents");
	error = convert ? extent_convert(handle, logical, start, count)
			: extent_insert(handle, logical, start, count);
	ext2fs_extent_free(handle);
	return error ? ext4_error(error, inode->ino, "extents") : 0;
}

/* --- block numbers ---------------------------------------------------------------------------- */

/* A block of numbers where there was none. */
static int level_make(struct inode *inode, uint32_t *slot)
{
	uint64_t start;
	unsigned int got;
	int error = blocks_allocate(inode->goal, 1, &start, &got) ? -EIO : 0;
	if (!error)
		error = inode_add_blocks(inode_raw(inode), 1);
	if (!error && (start > UINT32_MAX || !block_create(start)))
		error = -EIO;
	*slot = (uint32_t)start;
	return error;
}

static unsigned int numbers_in_a_row(uint64_t logical)
{
	struct indirection way;
	const unsigned int bits = EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2;
	if (!indirection_of(logical, bits, &way))
		return 0;
	return way.levels ? (1u << bits) - way.index[way.levels - 1] : EXT2_NDIR_BLOCKS - way.start;
}

/* count: not beyond what one block of numbers holds. */
static int numbers_add(struct inode *inode, uint64_t logical, uint64_t start, unsigned int count)
{
	struct indirection way;
	indirection_of(logical, EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2, &way);
	uint32_t *slot = &inode->raw.i_block[way.start];
	for (unsigned int level = 0; level < way.levels; level++) {
		int error = *slot ? 0 : level_make(inode, slot);
		if (error)
			return error;
		uint32_t *numbers = block_edit(*slot);
		if (!numbers)
			return -EIO;
		slot = numbers + way.index[level];
	}
	for (unsigned int i = 0; i < count; i++)
		slot[i] = (uint32_t)(start + i);
	return 0;
}

/* --- */

static uint64_t goal_of(struct inode *inode, uint64_t logical)
{
	struct run before;
	if (inode->goal)
		return inode->goal;
	if (logical > 0 && map_run(inode->ino, inode_raw(inode), logical - 1, &before) == 0 &&
	    before.physical)
		return before.physical + 1;
	return ext2fs_group_first_block2(ext4.fs, ext2fs_group_of_ino(ext4.fs, inode->ino));
}

static int run_add(struct inode *inode, struct run *run, uint64_t want)
{
	const bool extents = inode->raw.i_flags & EXT4_EXTENTS_FL;
	const uint64_t free = blocks_available();
	uint64_t most = extents ? GROW_BLOCKS : numbers_in_a_row(run->logical);
	if (most == 0)
		return -EFBIG;
	if (free <= TREE_BLOCKS)
		return -ENOSPC;
	if (most > free - TREE_BLOCKS)
		most = free - TREE_BLOCKS;
	if (most > run->length)
		most = run->length;
	if (want > most)
		want = most;
	unsigned int got;
	int error = blocks_allocate(goal_of(inode, run->logical), (unsigned int)want,
				    &run->physical, &got);
	if (error)
		return error;
	run->length = got;
	inode->goal = run->physical + got;
	if (!extents && inode->goal > UINT32_MAX)
		return -EFBIG;
	error = inode_add_blocks(inode_raw(inode), (int64_t)got);
	if (!error)
		error = extents ? extents_add(inode, run->logical, run->physical, got, false)
				: numbers_add(inode, run->logical, run->physical, got);
	return error;
}

int map_allocate(struct inode *inode, uint64_t logical, uint64_t want, struct run *run, bool *fresh)
{
	int error = map_run(inode->ino, inode_raw(inode), logical, run);
	if (error)
		return error;
	*fresh = run->hole;
	if (run->hole) {
		if ((inode->raw.i_flags & EXT4_EXTENTS_FL) && logical >= UINT32_MAX)
			return -EFBIG;
		if (!memory_for_handle())
			return -ENOMEM;
		if (run->physical && blocks_available() <= TREE_BLOCKS)
			return -ENOSPC;
		inode->generation++;
		error = inode_dirty(inode, false);
		if (error)
			return error;
		if (run->physical) {
			/* Each block may split the tree, which takes blocks of metadata. */
			if (run->length > want)
				run->length = want;
			if (run->length > TREE_BLOCKS)
				run->length = TREE_BLOCKS;
			error = extents_add(inode, logical, run->physical,
					    (unsigned int)run->length, true);
		} else {
			error = run_add(inode, run, want);
		}
		run->hole = false;
	}
	if (run->length > want)
		run->length = want;
	return error;
}
