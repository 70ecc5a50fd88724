/* SPDX-License-Identifier: BSD-2-Clause */
/* See group.h. */
#include "unikernel/fs/group.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/block.h"

struct pins {
	struct pins *next;
	dgrp_t group;
	uint64_t bits[]; /* of a block */
};

static struct {
	uint64_t *busy;	   /* of the group looked at last, pinned ones included */
	dgrp_t busy_group; /* (dgrp_t)-1: none */
	struct pins *pins;
	unsigned int pin_count;
	uint64_t pinned_blocks;
	uint8_t *dirty; /* for each group what changed since the last commit */
} groups;

enum { DIRTY_DESCRIPTOR = 1, DIRTY_BLOCKS = 2, DIRTY_INODES = 4 };

#define NO_GROUP ((dgrp_t)-1)

int groups_begin(void)
{
	groups.busy = heap_alloc(ext4.fs->blocksize);
	groups.dirty = heap_zalloc(ext4.fs->group_desc_count);
	groups.busy_group = NO_GROUP;
	return groups.busy && groups.dirty ? 0 : -ENOMEM;
}

void groups_end(void)
{
	groups_unpin();
	heap_free(groups.busy);
	heap_free(groups.dirty);
	memset(&groups, 0, sizeof(groups));
}

unsigned int group_blocks(dgrp_t group)
{
	const uint64_t first = ext2fs_group_first_block2(ext4.fs, group);
	const uint64_t rest = ext4.blocks - first;
	return rest < ext4.fs->super->s_blocks_per_group ? (unsigned int)rest
							 : ext4.fs->super->s_blocks_per_group;
}

/* --- bits ------------------------------------------------------------------------------------- */

static void bits_set(void *bits, unsigned int first, unsigned int count)
{
	uint8_t *bytes = bits;
	for (unsigned int i = first; i < first + count; i++) {
		if (i % 8 == 0 && first + count - i >= 8) {
			bytes[i / 8] = 0xff;
			i += 7;
		} else {
			bytes[i / 8] |= (uint8_t)(1u << i % 8);
		}
	}
}

/* False if one was not set. */
static bool bits_clear(void *bits, unsigned int first, unsigned int count)
{
	uint8_t *bytes = bits;
	bool all = true;
	for (unsigned int i = first; i < first + count; i++) {
		all &= bytes[i / 8] >> i % 8 & 1;
		bytes[i / 8] &= (uint8_t) ~(1u << i % 8);
	}
	return all;
}

/* --- block bitmaps ---------------------------------------------------------------------------- */

/* Marks the part of [block, block + count) that lies in the group. */
static void bits_set_blocks(void *bits, dgrp_t group, uint64_t block, uint64_t count)
{
	const uint64_t first = ext2fs_group_first_block2(ext4.fs, group);
	const uint64_t end = first + group_blocks(group);
	const uint64_t from = block > first ? block : first;
	const uint64_t to = block + count < end ? block + count : end;
	if (from < to)
		bits_set(bits, (unsigned int)(from - first), (unsigned int)(to - from));
}

/* What is used in a group whose bitmap was never written: its own metadata. */
static void bitmap_make(uint8_t *bits, dgrp_t group)
{
	const ext2_filsys fs = ext4.fs;
	memset(bits, 0, fs->blocksize);
	blk64_t super, old_descriptors, new_descriptors;
	blk_t used;
	ext2fs_super_and_bgd_loc2(fs, group, &super, &old_descriptors, &new_descriptors, &used);
	if (super || group == 0)
		bits_set_blocks(bits, group, super, 1);
	if (old_descriptors) {
		const bool meta_bg = ext2fs_has_feature_meta_bg(fs->super);
		bits_set_blocks(bits, group, old_descriptors,
				meta_bg ? fs->super->s_first_meta_bg
					: fs->desc_blocks + fs->super->s_reserved_gdt_blocks);
	}
	if (new_descriptors)
		bits_set_blocks(bits, group, new_descriptors, 1);
	bits_set_blocks(bits, group, ext2fs_block_bitmap_loc(fs, group), 1);
	bits_set_blocks(bits, group, ext2fs_inode_bitmap_loc(fs, group), 1);
	bits_set_blocks(bits, group, ext2fs_inode_table_loc(fs, group), fs->inode_blocks_per_group);
	const unsigned int there = group_blocks(group);
	bits_set(bits, there, fs->blocksize * 8 - there);
}

static bool uninit(dgrp_t group, uint16_t flag)
{
	return ext2fs_has_group_desc_csum(ext4.fs) && ext2fs_bg_flags_test(ext4.fs, group, flag);
}

static int bitmap_read(dgrp_t group, uint8_t *bits)
{
	if (uninit(group, EXT2_BG_BLOCK_UNINIT)) {
		bitmap_make(bits, group);
		return 0;
	}
	const uint64_t block = ext2fs_block_bitmap_loc(ext4.fs, group);
	if (!block_on_disk(block, 1) || block_read_part(block, 0, bits, ext4.fs->blocksize))
		return ext4_corrupt(0, "a block bitmap cannot be read");
	if (!(groups.dirty[group] & DIRTY_BLOCKS) &&
	    !ext2fs_block_bitmap_csum_verify(ext4.fs, group, (char *)bits,
					     (int)(ext4.fs->super->s_clusters_per_group / 8)))
		return ext4_corrupt(0, "wrong checksum of a block bitmap");
	return 0;
}

static struct pins *pins_of(dgrp_t group)
{
	struct pins *pins = groups.pins;
	while (pins && pins->group != group)
		pins = pins->next;
	return pins;
}

const uint64_t *group_busy(dgrp_t group)
{
	if (groups.busy_group == group)
		return groups.busy;
	groups.busy_group = NO_GROUP;
	if (bitmap_read(group, (uint8_t *)groups.busy))
		return NULL;
	const struct pins *pins = pins_of(group);
	for (unsigned int i = 0; pins && i < ext4.fs->blocksize / 8; i++)
		groups.busy[i] |= pins->bits[i];
	groups.busy_group = group;
	return groups.busy;
}

/* The bitmap itself, in the transaction. */
static uint8_t *bitmap_edit(dgrp_t group)
{
	const uint64_t block = ext2fs_block_bitmap_loc(ext4.fs, group);
	uint8_t *bits;
	if (uninit(group, EXT2_BG_BLOCK_UNINIT)) {
		bits = block_create(block);
		if (bits)
			bitmap_make(bits, group);
		ext2fs_bg_flags_clear(ext4.fs, group, EXT2_BG_BLOCK_UNINIT);
	} else {
		bits = block_edit(block);
	}
	if (!bits || group_touch(group))
		return NULL;
	groups.dirty[group] |= DIRTY_BLOCKS;
	return bits;
}

int group_use(dgrp_t group, unsigned int first, unsigned int count)
{
	uint8_t *bits = bitmap_edit(group);
	if (!bits)
		return -EIO;
	bits_set(bits, first, count);
	if (groups.busy_group == group)
		bits_set(groups.busy, first, count);
	const uint32_t free = ext2fs_bg_free_blocks_count(ext4.fs, group);
	ext2fs_bg_free_blocks_count_set(ext4.fs, group, free > count ? free - count : 0);
	return 0;
}

int group_unuse(dgrp_t group, unsigned int first, unsigned int count)
{
	struct pins *pins = pins_of(group);
	if (!pins) {
		pins = heap_zalloc(sizeof(*pins) + ext4.fs->blocksize);
		if (!pins)
			return -ENOMEM;
		pins->group = group;
		pins->next = groups.pins;
		groups.pins = pins;
		groups.pin_count++;
	}
	uint8_t *bits = bitmap_edit(group);
	if (!bits)
		return -EIO;
	bits_set(pins->bits, first, count);
	groups.pinned_blocks += count;
	if (groups.busy_group == group)
		bits_set(groups.busy, first, count);
	if (!bits_clear(bits, first, count)) {
		transaction_fail("a block is freed that is free");
		return -EIO;
	}
	ext2fs_bg_free_blocks_count_set(ext4.fs, group,
					ext2fs_bg_free_blocks_count(ext4.fs, group) + count);
	return 0;
}

void groups_unpin(void)
{
	struct pins *pins;
	while ((pins = groups.pins)) {
		groups.pins = pins->next;
		heap_free(pins);
	}
	groups.pin_count = 0;
	groups.pinned_blocks = 0;
	groups.busy_group = NO_GROUP;
}

unsigned int groups_pinned(void)
{
	return groups.pin_count;
}

uint64_t groups_pinned_blocks(void)
{
	return groups.pinned_blocks;
}

/* --- inode bitmaps and descriptors ------------------------------------------------------------ */

uint8_t *group_inodes(dgrp_t group)
{
	const ext2_filsys fs = ext4.fs;
	const uint64_t block = ext2fs_inode_bitmap_loc(fs, group);
	const unsigned int inodes = fs->super->s_inodes_per_group;
	uint8_t *bits;
	if (uninit(group, EXT2_BG_INODE_UNINIT)) {
		bits = block_create(block);
		if (bits)
			bits_set(bits, inodes, fs->blocksize * 8 - inodes);
		ext2fs_bg_flags_clear(fs, group, EXT2_BG_INODE_UNINIT);
	} else {
		bits = block_edit(block);
		if (bits && !(groups.dirty[group] & DIRTY_INODES) &&
		    !ext2fs_inode_bitmap_csum_verify(fs, group, (char *)bits, (int)(inodes / 8))) {
			transaction_fail("wrong checksum of an inode bitmap");
			return NULL;
		}
	}
	if (!bits || group_touch(group))
		return NULL;
	groups.dirty[group] |= DIRTY_INODES;
	return bits;
}

static dgrp_t descriptors_per_block(void)
{
	return (dgrp_t)EXT2_DESC_PER_BLOCK(ext4.fs->super);
}

static uint64_t descriptor_block(dgrp_t group)
{
	return ext2fs_descriptor_block_loc2(ext4.fs, ext4.fs->super->s_first_data_block,
					    group / descriptors_per_block());
}

int group_touch(dgrp_t group)
{
	if (groups.dirty[group] & DIRTY_DESCRIPTOR)
		return 0;
	if (!block_edit(descriptor_block(group)) || super_touch())
		return -EIO;
	groups.dirty[group] |= DIRTY_DESCRIPTOR;
	return 0;
}

static int group_store(dgrp_t group)
{
	const ext2_filsys fs = ext4.fs;
	if (groups.dirty[group] & DIRTY_BLOCKS) {
		char *bits = block_edit(ext2fs_block_bitmap_loc(fs, group));
		if (!bits)
			return -EIO;
		ext2fs_block_bitmap_csum_set(fs, group, bits,
					     (int)(fs->super->s_clusters_per_group / 8));
	}
	if (groups.dirty[group] & DIRTY_INODES) {
		char *bits = block_edit(ext2fs_inode_bitmap_loc(fs, group));
		if (!bits)
			return -EIO;
		ext2fs_inode_bitmap_csum_set(fs, group, bits,
					     (int)(fs->super->s_inodes_per_group / 8));
	}
	ext2fs_group_desc_csum_set(fs, group);
	char *descriptors = block_edit(descriptor_block(group));
	if (!descriptors)
		return -EIO;
	const size_t size = EXT2_DESC_SIZE(fs->super);
	memcpy(descriptors + group % descriptors_per_block() * size,
	       ext2fs_group_desc(fs, fs->group_desc, group), size);
	return 0;
}

int groups_store(void)
{
	for (dgrp_t group = 0; group < ext4.fs->group_desc_count; group++) {
		if (!groups.dirty[group])
			continue;
		int error = group_store(group);
		if (error)
			return error;
		groups.dirty[group] = 0;
	}
	return 0;
}
