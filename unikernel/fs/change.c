/* SPDX-License-Identifier: BSD-2-Clause */
/* What is changed of a file besides its data and its names; and of the file system as a whole. */
#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "unikernel/fs/file.h"
#include "unikernel/fs/group.h"

bool space_reclaim(void)
{
	return groups_pinned() > 0 && transaction_checkpoint() == 0;
}

static int inode_chmod(struct inode *inode, mode_t mode)
{
	int error = transaction_begin();
	if (error)
		return error;
	error = inode_dirty(inode, false);
	if (!error) {
		inode->raw.i_mode = (uint16_t)((inode->raw.i_mode & LINUX_S_IFMT) | (mode & 07777));
		inode_touch(inode, INODE_CTIME);
	}
	return transaction_end(error);
}

static int inode_utimens(struct inode *inode, const struct timespec times[2])
{
	int error = transaction_begin();
	if (error)
		return error;
	error = inode_dirty(inode, false);
	for (unsigned int i = 0; !error && i < 2; i++)
		if (times[i].tv_nsec != UTIME_OMIT)
			inode_set_time(inode, i ? INODE_MTIME : INODE_ATIME, times[i].tv_sec,
				       (uint32_t)times[i].tv_nsec);
	if (!error)
		inode_touch(inode, INODE_CTIME);
	return transaction_end(error);
}

int file_chmod(struct file *file, mode_t mode)
{
	ext4_lock();
	int error = inode_chmod(of(file)->inode, mode);
	ext4_unlock();
	return error;
}

int file_utimens(struct file *file, const struct timespec times[2])
{
	ext4_lock();
	int error = inode_utimens(of(file)->inode, times);
	ext4_unlock();
	return error;
}

/* Takes the lock. */
static int inode_at(const char *path, bool follow, struct inode **out)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	ext4_lock();
	int error = path_walk(path, follow, &ino, &inode);
	return error ? error : inode_get(ino, out);
}

static int inode_done(int error, struct inode *inode)
{
	if (inode)
		inode_put(inode);
	ext4_unlock();
	return error;
}

int path_chmod(const char *path, mode_t mode)
{
	struct inode *inode = NULL;
	int error = inode_at(path, true, &inode);
	return inode_done(error ? error : inode_chmod(inode, mode), inode);
}

int path_utimens(const char *path, const struct timespec times[2], bool follow)
{
	struct inode *inode = NULL;
	int error = inode_at(path, follow, &inode);
	return inode_done(error ? error : inode_utimens(inode, times), inode);
}

int path_truncate(const char *path, off_t size)
{
	struct inode *inode = NULL;
	int error = inode_at(path, true, &inode);
	if (!error && inode_is_directory(inode))
		error = -EISDIR;
	if (!error && !LINUX_S_ISREG(inode->raw.i_mode))
		error = -EINVAL;
	return inode_done(error ? error : inode_truncate(inode, (uint64_t)size), inode);
}

int tree_statvfs(struct statvfs *out)
{
	struct ext2_super_block *super = ext4.fs->super;
	ext4_lock();
	out->f_bsize = out->f_frsize = ext4.fs->blocksize;
	out->f_blocks = ext4.blocks - super->s_overhead_clusters;
	out->f_bfree = out->f_bavail = ext2fs_free_blocks_count(super);
	out->f_files = super->s_inodes_count;
	out->f_ffree = out->f_favail = super->s_free_inodes_count;
	out->f_namemax = EXT2_NAME_LEN;
	out->f_flag = ext4.writable ? 0 : ST_RDONLY;
	ext4_unlock();
	return 0;
}

int tree_sync(void)
{
	ext4_lock();
	int error = transaction_commit();
	ext4_unlock();
	return error;
}
