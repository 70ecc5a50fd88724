/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frees the end of a file, the last block first, so that at any point in between the rest is whole.
 * What one transaction has no room for is left for the next.
 */
#include <errno.h>

#include "unikernel/fs/ext4.h"

/* Bitmaps and descriptors of the groups of one extent, the blocks of the tree above it. */
#define STEP_BLOCKS 24u

/* --- extents ---------------------------------------------------------------------------------- */

static errcode_t extent_cut(ext2_extent_handle_t handle, struct inode *inode,
			    struct ext2fs_extent *extent, uint64_t from)
{
	const uint64_t kept = extent->e_lblk < from ? from - extent->e_lblk : 0;
	const uint64_t freed = extent->e_len - kept;
	if (blocks_release(extent->e_pblk + kept, freed) ||
	    inode_add_blocks(inode_raw(inode), -(int64_t)freed))
		return EXT2_ET_SHORT_WRITE;
	extent->e_len = (uint32_t)kept;
	return kept ? ext2fs_extent_replace(handle, 0, extent) : ext2fs_extent_delete(handle, 0);
}

static errcode_t extents_cut(ext2_extent_handle_t handle, struct inode *inode, uint64_t from,
			     bool *more)
{
	for (;;) {
		struct ext2fs_extent extent;
		*more = false;
		errcode_t error = ext2fs_extent_get(handle, EXT2_EXTENT_ROOT, &extent);
		if (!error)
			error = ext2fs_extent_get(handle, EXT2_EXTENT_LAST_LEAF, &extent);
		if (error)
			return error == EXT2_ET_EXTENT_NO_NEXT ||
					       error == EXT2_ET_NO_CURRENT_NODE ||
					       error == EXT2_ET_EXTENT_NOT_FOUND
				       ? 0
				       : error;
		if (extent.e_lblk + extent.e_len <= from)
			return 0;
		*more = true;
		if (!transaction_has_room(STEP_BLOCKS))
			return 0;
		error = extent_cut(handle, inode, &extent, from);
		if (error || !ext4.writable)
			return error ? error : EXT2_ET_SHORT_WRITE;
	}
}

static int cut_extents(struct inode *inode, uint64_t from)
{
	ext2_extent_handle_t handle;
	bool more;
	if (extent_depth(inode_raw(inode)) < 0)
		return ext4_corrupt(inode->ino, "an extent tree of impossible depth");
	if (!memory_for_handle())
		return -ENOMEM;
	errcode_t error = ext2fs_extent_open2(ext4.fs, inode->ino, inode_raw(inode), &handle);
	if (error)
		return ext4_error(error, inode->ino, "extents");
	error = extents_cut(handle, inode, from, &more);
	ext2fs_extent_free(handle);
	return error ? ext4_error(error, inode->ino, "extents") : more;
}

/* --- block numbers ---------------------------------------------------------------------------- */

/* Frees what [first, first + count) of the numbers name, those in a row together. */
static int numbers_release(struct inode *inode, uint32_t *numbers, unsigned int count)
{
	while (count > 0) {
		const unsigned int end = count--;
		if (numbers[count] == 0)
			continue;
		while (count > 0 && numbers[count - 1] && numbers[count - 1] == numbers[count] - 1)
			count--;
		if (!transaction_has_room(STEP_BLOCKS))
			return 1;
		const uint64_t start = numbers[count];
		for (unsigned int i = count; i < end; i++)
			numbers[i] = 0;
		if (blocks_release(start, end - count) ||
		    inode_add_blocks(inode_raw(inode), -(int64_t)(end - count)))
			return -EIO;
	}
	return 0;
}

/*
 * Numbers, each of which leads to `span` blocks by way of so many levels; the first one to logical
 * block `base`.
 */
static int level_cut(struct inode *inode, uint32_t *numbers, unsigned int count,
		     unsigned int levels, uint64_t base, uint64_t from)
{
	const unsigned int bits = EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2;
	if (levels == 0) {
		const unsigned int kept = from > base ? (unsigned int)(from - base) : 0;
		return kept < count ? numbers_release(inode, numbers + kept, count - kept) : 0;
	}
	const uint64_t span = (uint64_t)1 << (levels * bits);
	for (unsigned int i = count; i-- > 0 && base + (i + 1) * span > from;) {
		if (numbers[i] == 0)
			continue;
		if (!transaction_has_room(STEP_BLOCKS))
			return 1;
		uint32_t *below = block_edit(numbers[i]);
		if (!below)
			return -EIO;
		int more = level_cut(inode, below, 1u << bits, levels - 1, base + i * span, from);
		if (more)
			return more;
		if (base + i * span >= from) {
			const uint64_t block = numbers[i];
			numbers[i] = 0;
			if (blocks_release(block, 1) || inode_add_blocks(inode_raw(inode), -1))
				return -EIO;
		}
	}
	return 0;
}

static int cut_numbers(struct inode *inode, uint64_t from)
{
	const unsigned int bits = EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2;
	uint32_t *numbers = inode->raw.i_block;
	const uint64_t base[4] = {0, EXT2_NDIR_BLOCKS, EXT2_NDIR_BLOCKS + ((uint64_t)1 << bits),
				  EXT2_NDIR_BLOCKS + ((uint64_t)1 << bits) +
					  ((uint64_t)1 << (2 * bits))};
	for (unsigned int levels = 3; levels > 0; levels--) {
		int more = level_cut(inode, &numbers[EXT2_NDIR_BLOCKS + levels - 1], 1, levels,
				     base[levels], from);
		if (more)
			return more;
	}
	return level_cut(inode, numbers, EXT2_NDIR_BLOCKS, 0, 0, from);
}

int map_cut(struct inode *inode, uint64_t from)
{
	int error = inode_dirty(inode, false);
	if (error)
		return error;
	inode->goal = 0;
	return inode->raw.i_flags & EXT4_EXTENTS_FL ? cut_extents(inode, from)
						    : cut_numbers(inode, from);
}
