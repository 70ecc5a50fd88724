/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that come and go, each in one transaction.
 *
 * Every call looks first whether it can be done, and only then changes anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "unikernel/fs/ext4.h"

/* Links of one file, as Linux has it; of a directory with more below it, 1 says "many". */
#define LINKS_MOST 65000u

/* Blocks that a new name with a new inode and a first block may take. */
#define NAME_BLOCKS 32u

bool last_is_dot(const struct last *last)
{
	return last->name[0] == '.' && (last->len == 1 || (last->len == 2 && last->name[1] == '.'));
}

unsigned int entry_type(uint16_t mode)
{
	return LINUX_S_ISREG(mode)    ? EXT2_FT_REG_FILE
	       : LINUX_S_ISDIR(mode)  ? EXT2_FT_DIR
	       : LINUX_S_ISLNK(mode)  ? EXT2_FT_SYMLINK
	       : LINUX_S_ISCHR(mode)  ? EXT2_FT_CHRDEV
	       : LINUX_S_ISBLK(mode)  ? EXT2_FT_BLKDEV
	       : LINUX_S_ISFIFO(mode) ? EXT2_FT_FIFO
	       : LINUX_S_ISSOCK(mode) ? EXT2_FT_SOCK
				      : EXT2_FT_UNKNOWN;
}

/* The directory for a name that is not there yet, with a reference. */
static int parent_for(const struct last *last, bool directory, struct inode **parent)
{
	struct place place;
	if (last->len == 0 || last_is_dot(last))
		return -EEXIST;
	int error = directory_find(last->directory, &last->inode, last->name, last->len, &place);
	if (error != -ENOENT)
		return error ? error : -EEXIST;
	if (last->slash && !directory)
		return -ENOENT;
	if (last->inode.i_links_count == 0)
		return -ENOENT; /* it was removed, somebody has it open */
	if (!ext4.writable)
		return -EROFS;
	return inode_get(last->directory, parent);
}

void inode_links_add(struct inode *directory)
{
	if (directory->raw.i_links_count == 1)
		return;
	directory->raw.i_links_count++;
	if (directory->raw.i_links_count >= LINKS_MOST &&
	    ext2fs_has_feature_dir_nlink(ext4.fs->super))
		directory->raw.i_links_count = 1;
}

void inode_links_sub(struct inode *directory)
{
	if (directory->raw.i_links_count > 2)
		directory->raw.i_links_count--;
}

int inode_links_room(const struct inode *inode)
{
	if (inode_is_directory(inode) && ext2fs_has_feature_dir_nlink(ext4.fs->super))
		return 0;
	return inode->raw.i_links_count >= LINKS_MOST ? -EMLINK : 0;
}

/* --- making ----------------------------------------------------------------------------------- */

/* A target that does not fit into the inode goes to a block, which is metadata for us. */
static int target_write(struct inode *inode, const char *target, size_t len)
{
	inode_set_size(inode, len);
	if (len < sizeof(inode->raw.i_block)) {
		memcpy(inode->raw.i_block, target, len);
		return 0;
	}
	struct run run;
	bool fresh;
	if (ext2fs_has_feature_extents(ext4.fs->super))
		extent_root_make(inode);
	int error = map_allocate(inode, 0, 1, &run, &fresh);
	char *block = error ? NULL : block_create(run.physical);
	if (!block)
		return -EIO;
	memcpy(block, target, len);
	return 0;
}

static int contents_make(struct inode *inode, const struct inode *parent, const char *target)
{
	if (inode_is_directory(inode))
		return directory_make(inode, parent->ino);
	return target ? target_write(inode, target, strlen(target)) : 0;
}

/* In a transaction. target: of a symbolic link. */
static int make_in(struct inode *parent, const struct last *last, uint16_t mode, const char *target,
		   struct inode **out)
{
	struct inode *inode;
	if (blocks_available() < NAME_BLOCKS)
		return -ENOSPC;
	int error = inode_create(parent, mode, &inode);
	if (error)
		return error;
	*out = inode;
	error = directory_add(parent, last->name, last->len, inode->ino, entry_type(mode));
	if (error == -ENOSPC) { /* the only one after which all is as it was */
		int undone = inode_release(inode);
		return undone ? undone : error;
	}
	if (error)
		return error;
	inode->raw.i_links_count = LINUX_S_ISDIR(mode) ? 2 : 1;
	if (LINUX_S_ISDIR(mode))
		inode_links_add(parent);
	return contents_make(inode, parent, target) ? -EIO : 0;
}

static int make_once(const struct last *last, uint16_t mode, const char *target, struct inode **out)
{
	struct inode *parent, *inode = NULL;
	int error = parent_for(last, LINUX_S_ISDIR(mode), &parent);
	if (error)
		return error;
	if (LINUX_S_ISDIR(mode))
		error = inode_links_room(parent);
	if (!error)
		error = transaction_begin();
	if (!error)
		error = transaction_end(make_in(parent, last, mode, target, &inode));
	inode_put(parent);
	if (error && inode)
		inode_put(inode);
	*out = inode;
	return error;
}

static int make(const struct last *last, uint16_t mode, const char *target, struct inode **out)
{
	int error = make_once(last, mode, target, out);
	if (error == -ENOSPC && space_reclaim())
		error = make_once(last, mode, target, out);
	return error;
}

int name_create(const char *path, int flags, mode_t mode, struct inode **inode, bool *made)
{
	struct last last;
	struct place place;
	int error = path_walk_last(path, !(flags & (O_EXCL | O_NOFOLLOW)), &last);
	if (error)
		return error;
	if (last.len == 0 || last_is_dot(&last))
		return flags & O_EXCL ? -EEXIST : -EISDIR;
	error = directory_find(last.directory, &last.inode, last.name, last.len, &place);
	if (!error)
		error = flags & O_EXCL ? -EEXIST : inode_get(place.ino, inode);
	else if (error == -ENOENT) {
		error = last.slash ? -EISDIR
				   : make(&last, (uint16_t)(LINUX_S_IFREG | (mode & 07777)), NULL,
					  inode);
		*made = !error;
	}
	if (!error && !*made && last.slash && !inode_is_directory(*inode)) {
		inode_put(*inode);
		error = -ENOTDIR;
	}
	return error;
}

static int make_and_leave(const char *path, uint16_t mode, const char *target)
{
	struct last last;
	struct inode *inode;
	ext4_lock();
	int error = path_walk_last(path, false, &last);
	if (!error)
		error = make(&last, mode, target, &inode);
	if (!error)
		inode_put(inode);
	ext4_unlock();
	return error;
}

int name_mkdir(const char *path, mode_t mode)
{
	return make_and_leave(path, (uint16_t)(LINUX_S_IFDIR | (mode & 07777)), NULL);
}

int name_symlink(const char *target, const char *path)
{
	const size_t len = strlen(target);
	if (len == 0)
		return -ENOENT;
	if (len >= ext4.fs->blocksize || len >= 4096)
		return -ENAMETOOLONG;
	return make_and_leave(path, LINUX_S_IFLNK | 0777, target);
}

static int link_once(struct inode *inode, const struct last *last)
{
	struct inode *parent;
	int error = inode_links_room(inode);
	if (!error)
		error = parent_for(last, false, &parent);
	if (error)
		return error;
	error = transaction_begin();
	if (!error) {
		error = directory_add(parent, last->name, last->len, inode->ino,
				      entry_type(inode->raw.i_mode));
		if (!error)
			error = inode_dirty(inode, false);
		if (!error) {
			inode->raw.i_links_count++;
			inode_touch(inode, INODE_CTIME);
		}
		error = transaction_end(error);
	}
	inode_put(parent);
	return error;
}

static int link_locked(const char *from, const char *to)
{
	ext2_ino_t ino;
	struct ext2_inode raw;
	struct last last;
	struct inode *inode;
	int error = path_walk(from, false, &ino, &raw);
	if (!error)
		error = path_walk_last(to, false, &last);
	if (!error)
		error = inode_get(ino, &inode);
	if (error)
		return error;
	error = inode_is_directory(inode) ? -EPERM : link_once(inode, &last);
	if (error == -ENOSPC && space_reclaim())
		error = link_once(inode, &last);
	inode_put(inode);
	return error;
}

int name_link(const char *from, const char *to)
{
	ext4_lock();
	int error = link_locked(from, to);
	ext4_unlock();
	return error;
}

/* --- removing --------------------------------------------------------------------------------- */

/* In a transaction: the inode has a name less. */
int inode_lose_name(struct inode *inode)
{
	int error = inode_dirty(inode, false);
	if (error)
		return error;
	if (inode_is_directory(inode))
		inode->raw.i_links_count = 0;
	else if (inode->raw.i_links_count)
		inode->raw.i_links_count--;
	inode_touch(inode, INODE_CTIME);
	return inode->raw.i_links_count ? 0 : orphan_add(inode);
}

static int remove_check(const struct last *last, const struct inode *inode, bool directory)
{
	if (directory && !inode_is_directory(inode))
		return -ENOTDIR;
	if (!directory && inode_is_directory(inode))
		return -EISDIR;
	if (!directory && last->slash)
		return -ENOTDIR;
	if (!ext4.writable)
		return -EROFS;
	if (inode->ino == EXT2_ROOT_INO)
		return -EBUSY;
	if (!directory)
		return 0;
	int empty = directory_is_empty(inode->ino, (const struct ext2_inode *)&inode->raw);
	return empty > 0 ? 0 : empty < 0 ? empty : -ENOTEMPTY;
}

static int remove_in(struct inode *parent, struct inode *inode, const struct place *place)
{
	int error = transaction_begin();
	if (error)
		return error;
	error = directory_remove(parent, place);
	if (!error && inode_is_directory(inode))
		inode_links_sub(parent);
	if (!error)
		error = inode_lose_name(inode);
	return transaction_end(error);
}

static int remove_locked(const char *path, bool directory)
{
	struct last last;
	struct place place;
	struct inode *inode, *parent;
	int error = path_walk_last(path, false, &last);
	if (error)
		return error;
	if (last.len == 0)
		return directory ? -EBUSY : -EISDIR;
	if (last_is_dot(&last))
		return directory ? -EINVAL : -EISDIR;
	error = directory_find(last.directory, &last.inode, last.name, last.len, &place);
	if (!error)
		error = inode_get(place.ino, &inode);
	if (error)
		return error;
	error = remove_check(&last, inode, directory);
	if (!error)
		error = inode_get(last.directory, &parent);
	if (!error) {
		error = remove_in(parent, inode, &place);
		inode_put(parent);
	}
	inode_put(inode);
	return error;
}

static int remove_name(const char *path, bool directory)
{
	ext4_lock();
	int error = remove_locked(path, directory);
	ext4_unlock();
	return error;
}

int name_unlink(const char *path)
{
	return remove_name(path, false);
}

int name_rmdir(const char *path)
{
	return remove_name(path, true);
}
