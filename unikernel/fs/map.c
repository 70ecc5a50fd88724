/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where on the disk the blocks of a file are.
 *
 * ext4 keeps a tree of extents, which libext2fs walks; ext2 and ext3 keep 12 block numbers in the
 * inode and then blocks full of numbers, one, two and three levels deep, which are walked here
 * (libext2fs's own walk would bring its allocator into the image).  Either way the answer is a run:
 * so many blocks in a row.
 */
#include <errno.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/ext4.h"

#define LOGICAL_MAX ((uint64_t)1 << 32)

/* --- extents ---------------------------------------------------------------------------------- */

/* Where the hole at `logical` ends, the handle standing beside it in a leaf. */
static uint64_t hole_end(ext2_extent_handle_t handle, uint64_t logical, unsigned int depth)
{
	struct ext2fs_extent extent;
	if (!ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent) && extent.e_lblk > logical)
		return extent.e_lblk;
	if (!ext2fs_extent_get(handle, EXT2_EXTENT_NEXT_SIB, &extent) && extent.e_lblk > logical)
		return extent.e_lblk;
	/* The rest of this leaf: up to where the index above says that the next one begins. */
	if (depth > 0 && !ext2fs_extent_goto2(handle, 1, logical) &&
	    !ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent) &&
	    extent.e_lblk + extent.e_len > logical)
		return extent.e_lblk + extent.e_len;
	return depth > 0 ? logical + 1 : LOGICAL_MAX;
}

static int extent_run(ext2_ino_t ino, ext2_extent_handle_t handle, unsigned int depth,
		      uint64_t logical, struct run *run)
{
	struct ext2fs_extent extent;
	errcode_t error = ext2fs_extent_goto2(handle, 0, logical);
	if (error == EXT2_ET_EXTENT_NOT_FOUND) {
		*run = (struct run){
			.logical = logical,
			.length = hole_end(handle, logical, depth) - logical,
			.hole = true,
		};
		return 0;
	}
	if (!error)
		error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent);
	if (error)
		return ext4_error(error, ino, "extents");
	if (!block_on_disk(extent.e_pblk, extent.e_len))
		return ext4_corrupt(ino, "an extent leads beyond the end of the file system");
	const uint64_t skip = logical - extent.e_lblk;
	*run = (struct run){
		.logical = logical,
		.physical = extent.e_pblk + skip,
		.length = extent.e_len - skip,
		.hole = (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0,
	};
	return 0;
}

/* ext2fs_extent_open2() uses memory that it has asked for without a look at the answer. */
bool memory_for_handle(void)
{
	void *probe = heap_alloc(2 * 4096);
	heap_free(probe);
	return probe != NULL;
}

int extent_depth(const struct ext2_inode *inode)
{
	struct ext3_extent_header header;
	__builtin_memcpy(&header, inode->i_block, sizeof(header));
	return header.eh_depth <= EXTENT_DEPTH_MAX ? header.eh_depth : -EIO;
}

static int map_extents(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical,
		       struct run *run)
{
	struct ext2_inode copy = *inode; /* libext2fs writes into the one that it is given */
	const int depth = extent_depth(inode);
	if (depth < 0)
		return ext4_corrupt(ino, "an extent tree of impossible depth");
	if (!memory_for_handle())
		return -ENOMEM;

	ext2_extent_handle_t handle;
	errcode_t error = ext2fs_extent_open2(ext4.fs, ino, &copy, &handle);
	if (error)
		return ext4_error(error, ino, "extents");
	int result = extent_run(ino, handle, (unsigned int)depth, logical, run);
	ext2fs_extent_free(handle);
	return result;
}

/* --- block numbers ---------------------------------------------------------------------------- */

bool indirection_of(uint64_t logical, unsigned int per_block_bits, struct indirection *way)
{
	if (logical < EXT2_NDIR_BLOCKS) {
		way->levels = 0;
		way->start = (unsigned int)logical;
		return true;
	}
	logical -= EXT2_NDIR_BLOCKS;
	for (unsigned int levels = 1; levels <= 3; levels++) {
		const uint64_t span = (uint64_t)1 << (levels * per_block_bits);
		if (logical < span) {
			way->levels = levels;
			way->start = EXT2_NDIR_BLOCKS + levels - 1;
			way->within = logical;
			for (unsigned int i = 0; i < levels; i++)
				way->index[i] =
					(uint32_t)(logical >> ((levels - 1 - i) * per_block_bits)) &
					(uint32_t)((1u << per_block_bits) - 1);
			return true;
		}
		logical -= span;
	}
	return false;
}

/* How many of the count numbers continue the first one: n, n+1, n+2 …, or all zero. */
static uint64_t run_length(const uint32_t *numbers, unsigned int count)
{
	const uint32_t step = numbers[0] != 0;
	unsigned int n = 1;
	while (n < count && numbers[n] == numbers[0] + n * step)
		n++;
	return n;
}

static int map_blocks(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical,
		      struct run *run)
{
	const unsigned int per_block_bits = EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2;
	struct indirection way = {0};
	if (!indirection_of(logical, per_block_bits, &way))
		return ext4_corrupt(ino, "a file longer than its block numbers reach");

	uint32_t numbers[64] = {0}; /* the last level's, from the one wanted on */
	unsigned int count = way.levels ? 1 : EXT2_NDIR_BLOCKS - way.start;
	for (unsigned int i = 0; i < count; i++)
		numbers[i] = inode->i_block[way.start + i];

	for (unsigned int level = 0; level < way.levels; level++) {
		if (numbers[0] == 0) { /* nothing below: a hole as large as what would be there */
			const uint64_t below = (uint64_t)1
					       << ((way.levels - level) * per_block_bits);
			*run = (struct run){
				.logical = logical,
				.length = below - (way.within & (below - 1)),
				.hole = true,
			};
			return 0;
		}
		if (!block_on_disk(numbers[0], 1))
			return ext4_corrupt(ino,
					    "a block number beyond the end of the file system");
		const bool last = level == way.levels - 1;
		const unsigned int index = way.index[level];
		const unsigned int rest = (1u << per_block_bits) - index;
		count = !last ? 1 : rest < 64 ? rest : 64;
		if (block_read_part(numbers[0], index * sizeof(uint32_t), numbers,
				    count * sizeof(uint32_t)))
			return ext4_error(EXT2_ET_SHORT_READ, ino, "block numbers");
	}
	*run = (struct run){
		.logical = logical,
		.physical = numbers[0],
		.length = run_length(numbers, count),
		.hole = numbers[0] == 0,
	};
	if (!run->hole && !block_on_disk(run->physical, run->length))
		return ext4_corrupt(ino, "a block number beyond the end of the file system");
	return 0;
}

int map_run(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical, struct run *run)
{
	if (inode->i_flags & EXT4_EXTENTS_FL) {
		if (logical < LOGICAL_MAX)
			return map_extents(ino, inode, logical, run);
		*run = (struct run){
			.logical = logical, .length = UINT64_MAX - logical, .hole = true};
		return 0;
	}
	return map_blocks(ino, inode, logical, run);
}
