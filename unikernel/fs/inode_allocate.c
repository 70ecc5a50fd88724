/* SPDX-License-Identifier: BSD-2-Clause */
/* New inodes, in the directory's group if there is one left, and their end. */
#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/group.h"

/* i_extra_isize: up to and with i_projid. */
#define EXTRA_BYTES 32u

/*
 * The first free one in the group: its number, or 0.  One that was freed a moment ago is still in
 * memory until the commit.
 */
static ext2_ino_t bitmap_search(dgrp_t group, const uint8_t *bits)
{
	const struct ext2_super_block *super = ext4.fs->super;
	const ext2_ino_t first = group * super->s_inodes_per_group + 1;
	for (unsigned int i = 0; i < super->s_inodes_per_group; i++) {
		if (i % 8 == 0 && bits[i / 8] == 0xff) {
			i += 7;
			continue;
		}
		if (!(bits[i / 8] >> i % 8 & 1) && first + i >= EXT2_FIRST_INODE(super) &&
		    !inode_find(first + i))
			return first + i;
	}
	return 0;
}

static int inode_use(dgrp_t group, uint8_t *bits, ext2_ino_t ino, bool directory)
{
	const ext2_filsys fs = ext4.fs;
	const unsigned int i = (ino - 1) % fs->super->s_inodes_per_group;
	bits[i / 8] |= (uint8_t)(1u << i % 8);
	ext2fs_bg_free_inodes_count_set(fs, group, ext2fs_bg_free_inodes_count(fs, group) - 1);
	if (directory)
		ext2fs_bg_used_dirs_count_set(fs, group, ext2fs_bg_used_dirs_count(fs, group) + 1);
	/* How many at the end of the table were never used: nobody has to look at those. */
	if (ext2fs_has_group_desc_csum(fs)) {
		const unsigned int behind = fs->super->s_inodes_per_group - i - 1;
		if (ext2fs_bg_itable_unused(fs, group) > behind)
			ext2fs_bg_itable_unused_set(fs, group, behind);
	}
	fs->super->s_free_inodes_count--;
	return super_touch();
}

static int number_allocate(dgrp_t home, bool directory, ext2_ino_t *ino)
{
	const ext2_filsys fs = ext4.fs;
	if (fs->super->s_free_inodes_count == 0)
		return -ENOSPC;
	for (dgrp_t i = 0; i < fs->group_desc_count; i++) {
		const dgrp_t group = (home + i) % fs->group_desc_count;
		if (ext2fs_bg_free_inodes_count(fs, group) == 0)
			continue;
		if (!transaction_has_room(16))
			return -ENOSPC; /* a bitmap after another that lies */
		uint8_t *bits = group_inodes(group);
		if (!bits)
			return -EIO;
		*ino = bitmap_search(group, bits);
		if (*ino)
			return inode_use(group, bits, *ino, directory);
	}
	return -ENOSPC;
}

void extent_root_make(struct inode *inode)
{
	const struct ext3_extent_header header = {
		.eh_magic = EXT3_EXT_MAGIC,
		.eh_max =
			(sizeof(inode->raw.i_block) - sizeof(header)) / sizeof(struct ext3_extent),
	};
	memcpy(inode->raw.i_block, &header, sizeof(header));
	inode->raw.i_flags |= EXT4_EXTENTS_FL;
}

int inode_create(const struct inode *directory, uint16_t mode, struct inode **out)
{
	const ext2_filsys fs = ext4.fs;
	struct inode *inode = heap_zalloc(sizeof(*inode));
	if (!inode)
		return -ENOMEM;
	const dgrp_t home = (directory->ino - 1) / fs->super->s_inodes_per_group;
	int error = number_allocate(home, LINUX_S_ISDIR(mode), &inode->ino);
	if (error) {
		heap_free(inode);
		return error;
	}
	inode->fresh = true;
	inode->raw.i_mode = mode;
	inode->raw.i_generation = (uint32_t)(time_wall_ns() >> 10) ^ inode->ino * 2654435761u;
	if (EXT2_INODE_SIZE(fs->super) > EXT2_GOOD_OLD_INODE_SIZE)
		inode->raw.i_extra_isize = EXTRA_BYTES;
	inode_touch(inode, INODE_ATIME | INODE_MTIME | INODE_CTIME | INODE_CRTIME);
	if (ext2fs_has_feature_extents(fs->super) && !LINUX_S_ISLNK(mode))
		extent_root_make(inode);
	inode_insert(inode);
	*out = inode_hold(inode);
	error = inode_dirty(inode, false);
	if (error)
		transaction_fail("a new inode cannot be written");
	return error;
}

int inode_release(struct inode *inode)
{
	const ext2_filsys fs = ext4.fs;
	const dgrp_t group = (inode->ino - 1) / fs->super->s_inodes_per_group;
	const unsigned int i = (inode->ino - 1) % fs->super->s_inodes_per_group;
	int error = inode_dirty(inode, false);
	uint8_t *bits = error ? NULL : group_inodes(group);
	if (!bits)
		return -EIO;
	if (!(bits[i / 8] >> i % 8 & 1) || inode->ino < EXT2_FIRST_INODE(fs->super)) {
		transaction_fail("an inode is freed that is free");
		return -EIO;
	}
	bits[i / 8] &= (uint8_t) ~(1u << i % 8);
	ext2fs_bg_free_inodes_count_set(fs, group, ext2fs_bg_free_inodes_count(fs, group) + 1);
	const uint32_t directories = ext2fs_bg_used_dirs_count(fs, group);
	if (inode_is_directory(inode) && directories)
		ext2fs_bg_used_dirs_count_set(fs, group, directories - 1);
	fs->super->s_free_inodes_count++;
	inode->raw.i_dtime = (uint32_t)(time_wall_ns() / TIME_S);
	inode->raw.i_mode = 0;
	inode_set_size(inode, 0);
	return super_touch();
}
