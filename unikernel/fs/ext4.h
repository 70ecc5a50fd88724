/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mounted file system: ext2, ext3 or ext4, read-only, for the rooms of this folder.
 *
 *	open, read, readdir …        file.c, directory.c
 *	path → inode                 walk.c
 *	inode, its checks, stat      inode.c
 *	logical → physical blocks    map.c
 *	libext2fs                    super block, groups, inodes, extents, checksums
 *	io.c, cache.c                blocks of the disk
 *
 * Whatever is on the disk may be hostile: every number that comes from it is checked before it is
 * used as a length, an index or a number of steps.  What is wrong becomes -EIO and one line in the
 * log (ext4_error).
 *
 * Locking: libext2fs has state of its own and waits for the disk in the middle of it, so whoever
 * calls it holds ext4_lock().  File data is read without the lock.
 */
#ifndef LODGER_FS_EXT4_H
#define LODGER_FS_EXT4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "unikernel/fs/cache.h"

struct stat;

/* The one that is mounted; fs is NULL when none is. */
struct ext4 {
	ext2_filsys fs;
	struct cache *cache;
	uint64_t blocks; /* of fs->blocksize bytes; all lie on the disk */
};

extern struct ext4 ext4;

void ext4_lock(void);
void ext4_unlock(void);

/*
 * From libext2fs's error to a negative errno, with a line in the log for what is wrong with the
 * disk.  ino: the inode at fault, or 0.
 */
int ext4_error(errcode_t error, ext2_ino_t ino, const char *what);

/* The same for what our own checks find: logs it and returns -EIO. */
int ext4_corrupt(ext2_ino_t ino, const char *what);

/* Opens what is on the disk into `ext4`.  0 or a negative errno, the reason being in the log. */
int ext4_mount(struct cache *cache, const char *disk_name);
void ext4_unmount(void);

/* --- inode.c ---------------------------------------------------------------------------------- */

/* Under the lock: the inode, which is in use and of a type that POSIX knows. */
int inode_read(ext2_ino_t ino, struct ext2_inode *inode);

uint64_t inode_size(const struct ext2_inode *inode);
void inode_stat(ext2_ino_t ino, const struct ext2_inode *inode, struct stat *st);

/* --- map.c ------------------------------------------------------------------------------------ */

/* Blocks of a file that lie in a row on the disk, or, as a hole, nowhere: those read as zeroes. */
struct run {
	uint64_t logical, physical, length;
	bool hole;
};

/* Under the lock: the run that holds the logical block; its length is at least 1. */
int map_run(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical, struct run *run);

/* --- directory.c ------------------------------------------------------------------------------ */

/* One entry of a directory; name points into the block that was read. */
struct entry {
	ext2_ino_t ino;
	const char *name; /* name_len bytes, no NUL, no '/' */
	unsigned int name_len;
	unsigned int type; /* EXT2_FT_…, or EXT2_FT_UNKNOWN */
	uint64_t next;	   /* the position behind it in the directory */
};

/*
 * Under the lock: the first entry in use at or behind position `at` of a directory.  block:
 * fs->blocksize bytes; *loaded: the logical block that is in it, UINT64_MAX at first.  1, 0 at the
 * end, or a negative errno.
 */
int directory_next(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t at, char *block,
		   uint64_t *loaded, struct entry *entry);

/* --- walk.c ----------------------------------------------------------------------------------- */

/* Under the lock: the inode a path leads to; a symbolic link at its end is followed or not. */
int path_walk(const char *path, bool follow, ext2_ino_t *ino, struct ext2_inode *inode);

/* Under the lock: the target of a symbolic link, at most len bytes without a NUL: its length. */
int symlink_read(ext2_ino_t ino, const struct ext2_inode *inode, char *buf, size_t len);

/* --- file.c ----------------------------------------------------------------------------------- */

/* What libc's open() and its kin call: struct file_tree of unikernel/libc/file.h. */
extern const struct file_tree ext4_tree;

#endif
