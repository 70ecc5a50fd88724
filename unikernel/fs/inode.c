/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes: found in their tables, their checksums checked, then looked at as strangers. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/ext4.h"

static bool type_known(uint16_t mode)
{
	return LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode) || LINUX_S_ISLNK(mode) ||
	       LINUX_S_ISCHR(mode) || LINUX_S_ISBLK(mode) || LINUX_S_ISFIFO(mode) ||
	       LINUX_S_ISSOCK(mode);
}

int inode_place(ext2_ino_t ino, uint64_t *block, size_t *in)
{
	const ext2_filsys fs = ext4.fs;
	if (ino == 0 || ino > fs->super->s_inodes_count)
		return ext4_corrupt(ino, "no such inode");
	const dgrp_t group = (ino - 1) / EXT2_INODES_PER_GROUP(fs->super);
	const uint64_t at = (uint64_t)((ino - 1) % EXT2_INODES_PER_GROUP(fs->super)) *
			    EXT2_INODE_SIZE(fs->super);
	if (group >= fs->group_desc_count)
		return ext4_corrupt(ino, "no such inode");
	*block = ext2fs_inode_table_loc(fs, group) + at / fs->blocksize;
	*in = at % fs->blocksize;
	if (!block_on_disk(*block, 1))
		return ext4_corrupt(ino, "an inode table beyond the end of the file system");
	return 0;
}

/* The checksum is over the whole of it, which may be more than we know. */
static int raw_read(ext2_ino_t ino, struct ext2_inode_large *inode, char *whole, size_t size)
{
	uint64_t block;
	size_t in;
	int error = inode_place(ino, &block, &in);
	if (error)
		return error;
	if (block_read_part(block, in, whole, size))
		return ext4_error(EXT2_ET_SHORT_READ, ino, "reading");
	if (!ext2fs_inode_csum_verify(ext4.fs, ino, (struct ext2_inode_large *)(void *)whole))
		return ext4_error(EXT2_ET_INODE_CSUM_INVALID, ino, "reading");
	memset(inode, 0, sizeof(*inode));
	memcpy(inode, whole, size < sizeof(*inode) ? size : sizeof(*inode));
	return 0;
}

static int raw_get(ext2_ino_t ino, struct ext2_inode_large *inode)
{
	const struct inode *known = inode_find(ino);
	if (known) {
		*inode = known->raw;
		return 0;
	}
	union {
		char bytes[512];
		uint64_t aligned;
	} usual;
	const size_t size = EXT2_INODE_SIZE(ext4.fs->super);
	if (size <= sizeof(usual))
		return raw_read(ino, inode, usual.bytes, size);
	char *whole = heap_alloc(size);
	int error = whole ? raw_read(ino, inode, whole, size) : -ENOMEM;
	heap_free(whole);
	return error;
}

errcode_t inode_read_hook(ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode)
{
	(void)fs;
	struct ext2_inode_large large;
	if (raw_get(ino, &large))
		return EXT2_ET_INODE_CSUM_INVALID;
	memcpy(inode, &large, sizeof(*inode));
	return 0;
}

/* libext2fs was given the inode in memory, and has written into that. */
errcode_t inode_write_hook(ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode)
{
	(void)fs, (void)ino, (void)inode;
	return 0;
}

int inode_read_large(ext2_ino_t ino, bool orphan, struct ext2_inode_large *inode)
{
	int error = raw_get(ino, inode);
	if (error)
		return error;
	if (!type_known(inode->i_mode) ||
	    (inode->i_links_count == 0 && !orphan && !inode_find(ino)))
		return ext4_corrupt(ino, "a name leads to an inode that is not in use");
	if (inode->i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL | EXT2_COMPRBLK_FL))
		return ext4_corrupt(ino, "its data is of a kind that the super block rules out");
	if (inode_size((struct ext2_inode *)inode) > INT64_MAX)
		return ext4_corrupt(ino, "impossible size");
	return 0;
}

int inode_read(ext2_ino_t ino, struct ext2_inode *inode)
{
	struct ext2_inode_large large;
	int error = inode_read_large(ino, false, &large);
	if (!error)
		memcpy(inode, &large, sizeof(*inode));
	return error;
}

uint64_t inode_size(const struct ext2_inode *inode)
{
	return inode->i_size | (uint64_t)inode->i_size_high << 32;
}

/* The low 32 bits are signed; two bits of the extra part count on from there. */
static struct timespec time_of(const struct ext2_inode_large *inode, uint32_t low,
			       const uint32_t *extra)
{
	struct timespec t = {.tv_sec = (int32_t)low};
	const size_t end = (size_t)((const char *)(extra + 1) - (const char *)inode);
	if (EXT2_INODE_SIZE(ext4.fs->super) > EXT2_GOOD_OLD_INODE_SIZE &&
	    end <= (size_t)EXT2_GOOD_OLD_INODE_SIZE + inode->i_extra_isize) {
		t.tv_sec += (time_t)((uint64_t)(*extra & 3) << 32);
		t.tv_nsec = *extra >> 2 < 1000000000 ? (long)(*extra >> 2) : 0;
	}
	return t;
}

void inode_stat(ext2_ino_t ino, const struct ext2_inode_large *inode, struct stat *st)
{
	uint64_t blocks = inode->i_blocks | (uint64_t)inode->osd2.linux2.l_i_blocks_hi << 32;
	if (inode->i_flags & EXT4_HUGE_FILE_FL)
		blocks *= ext4.fs->blocksize / 512;

	memset(st, 0, sizeof(*st));
	st->st_dev = 1;
	st->st_ino = ino;
	st->st_mode = inode->i_mode;
	st->st_nlink = inode->i_links_count;
	/* newlib's are 16 bits wide */
	st->st_uid = (uid_t)inode->i_uid;
	st->st_gid = (gid_t)inode->i_gid;
	st->st_size = (off_t)inode_size((const struct ext2_inode *)inode);
	st->st_atim = time_of(inode, inode->i_atime, &inode->i_atime_extra);
	st->st_mtim = time_of(inode, inode->i_mtime, &inode->i_mtime_extra);
	st->st_ctim = time_of(inode, inode->i_ctime, &inode->i_ctime_extra);
	st->st_blksize = CACHE_LINE_BYTES;
	st->st_blocks = (blkcnt_t)blocks;
}
