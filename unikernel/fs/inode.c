/* SPDX-License-Identifier: BSD-2-Clause */
/* Inodes: read through libext2fs, which checks their checksums, then looked at as strangers. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "unikernel/fs/ext4.h"

static bool type_known(uint16_t mode)
{
	return LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode) || LINUX_S_ISLNK(mode) ||
	       LINUX_S_ISCHR(mode) || LINUX_S_ISBLK(mode) || LINUX_S_ISFIFO(mode) ||
	       LINUX_S_ISSOCK(mode);
}

int inode_read(ext2_ino_t ino, struct ext2_inode *inode)
{
	if (ino == 0 || ino > ext4.fs->super->s_inodes_count)
		return ext4_corrupt(ino, "no such inode");
	errcode_t error = ext2fs_read_inode(ext4.fs, ino, inode);
	if (error)
		return ext4_error(error, ino, "reading");
	if (inode->i_links_count == 0 || !type_known(inode->i_mode))
		return ext4_corrupt(ino, "a name leads to an inode that is not in use");
	if (inode->i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL | EXT2_COMPRBLK_FL))
		return ext4_corrupt(ino, "its data is of a kind that the super block rules out");
	if (inode_size(inode) > INT64_MAX)
		return ext4_corrupt(ino, "impossible size");
	return 0;
}

uint64_t inode_size(const struct ext2_inode *inode)
{
	return inode->i_size | (uint64_t)inode->i_size_high << 32;
}

void inode_stat(ext2_ino_t ino, const struct ext2_inode *inode, struct stat *st)
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
	st->st_size = (off_t)inode_size(inode);
	st->st_atim.tv_sec = inode->i_atime;
	st->st_mtim.tv_sec = inode->i_mtime;
	st->st_ctim.tv_sec = inode->i_ctime;
	st->st_blksize = CACHE_LINE_BYTES;
	st->st_blocks = (blkcnt_t)blocks;
}
