/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mounted file system: ext2, ext3 or ext4, for the rooms of this folder.
 *
 *	open, read, write, readdir …   file.c, file_write.c, name.c
 *	path → inode                   walk.c, directory.c, htree.c
 *	inode, its checks, stat        inode.c, inode_table.c
 *	logical → physical blocks      map.c, grow.c, cut.c
 *	blocks and inodes in use       group.c, allocate.c, inode_allocate.c
 *	what changes together          transaction.c, block.c, journal.c, log.c, recover.c
 *	libext2fs                      super block, groups, extents, checksums
 *	io.c, cache.c                  blocks of the disk
 *
 * Whatever is on the disk may be hostile: every number that comes from it is checked before it is
 * used as a length, an index or a number of steps.  What is wrong becomes -EIO and one line in the
 * log (ext4_error).
 *
 * Locking: libext2fs has state of its own and waits for the disk in the middle of it, so whoever
 * calls it holds ext4_lock().  File data is read without the lock, and written over without it.
 *
 * Writing: what one call of POSIX changes is changed between transaction_begin() and
 * transaction_end(), and is on the disk as a whole or not at all.  If something fails in the middle
 * the transaction is never committed, and the file system can only be read from then on.
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
	bool writable;	 /* may be changed */
	bool written;	 /* and was, so that there is something to recover after a crash */
	bool failed;	 /* a change could not be written: nothing is written any more */
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

/*
 * Opens what is on the disk into `ext4`, for writing if that is possible; if it is not, the log says
 * why.  0 or a negative errno, the reason being in the log.  ext4_unmount() writes all that is to be
 * written, and says on the disk that nothing is left to recover.
 */
int ext4_mount(struct cache *cache, const char *disk_name);
void ext4_unmount(void);

/* --- writable.c ------------------------------------------------------------------------------- */

/* Replays the journal if a crash has left something in it; -EIO if that fails.  Then writes, or
 * says why not. */
int ext4_recover(const char *disk_name);
void ext4_begin_writing(const char *disk_name);
/* Before the first change. */
int ext4_start_writing(void);
void ext4_end_writing(void);

/* fs->super is part of the transaction; super_store() copies it there at the commit. */
int super_touch(void);
int super_store(void);
/* Makes its checksum right; super_seal.c. */
void super_seal(struct ext2_super_block *super);

/* --- block.c ---------------------------------------------------------------------------------- */

bool block_on_disk(uint64_t block, uint64_t count);

/* Metadata, under the lock: the newest there is.  0 or -EIO. */
int block_read_part(uint64_t block, size_t in, void *data, size_t len);
int block_read(uint64_t block, void *data);
/* Is it one that we have changed, and so looked at, since the last checkpoint? */
bool block_is_ours(uint64_t block);

/*
 * In a transaction: the block, which will be on the disk with all that the transaction changes.
 * Good until the transaction's end.  NULL when it cannot be read: then the transaction has failed.
 */
void *block_edit(uint64_t block);
/* The same for a block whose contents do not matter: zeroes. */
void *block_create(uint64_t block);

/* --- transaction.c ---------------------------------------------------------------------------- */

/*
 * Under the lock.  Room for changing TRANSACTION_BLOCKS blocks; may wait for the disk.  0, -EROFS,
 * or -ENOMEM.  transaction_end() returns the error it is given: after one that came when something
 * had been changed already, nothing is written any more.
 */
#define TRANSACTION_BLOCKS 48u
int transaction_begin(void);
int transaction_end(int error);

/* May as many blocks still be changed? For what is done in steps. */
bool transaction_has_room(unsigned int blocks);

/* All that was done before is on stable storage; 0 or -EIO. */
int transaction_commit(void);
/* The same, and freed blocks may be used again. */
int transaction_checkpoint(void);

/* The running transaction cannot be ended well: it is forgotten, and nothing is written any more. */
void transaction_fail(const char *why);
void transaction_touch(void);

int transactions_begin(void);

/* --- inode.c ---------------------------------------------------------------------------------- */

/* Under the lock: the inode, which is in use and of a type that POSIX knows. */
int inode_read(ext2_ino_t ino, struct ext2_inode *inode);

uint64_t inode_size(const struct ext2_inode *inode);
void inode_stat(ext2_ino_t ino, const struct ext2_inode_large *inode, struct stat *st);

/* As much of it as there is: 128 bytes, or 160 of a larger one. An orphan may have no links. */
int inode_read_large(ext2_ino_t ino, bool orphan, struct ext2_inode_large *inode);

/* The block of the inode table that holds it, and where: 0 or -EIO. */
int inode_place(ext2_ino_t ino, uint64_t *block, size_t *in);

/* libext2fs's way to inodes: of those in memory, from there. */
errcode_t inode_read_hook(ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode);
errcode_t inode_write_hook(ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode);

/* --- inode_table.c ---------------------------------------------------------------------------- */

/* An inode in memory: open, being worked on, or changed since the last commit. */
struct inode {
	ext2_ino_t ino;
	unsigned int references;
	struct inode *next; /* in the table */
	struct ext2_inode_large raw;
	bool dirty;		 /* changed, and its block is in the running transaction */
	bool fresh;		 /* never was on the disk */
	bool needs_commit;	 /* more than times was changed */
	bool orphan;		 /* in the list of orphans */
	struct inode *older;	 /* the next in that list */
	unsigned int generation; /* of where its blocks are, or of its names */
	uint64_t goal;		 /* where its next block should lie */
	uint64_t room_at;	 /* of a directory: the logical block that had room last time */
};

/* Under the lock.  The one inode in memory of that number, with a reference. */
int inode_get(ext2_ino_t ino, struct inode **out);
int inode_get_orphan(ext2_ino_t ino, struct inode **out);
/* What has no name and no user any more is freed. */
void inode_put(struct inode *inode);
struct inode *inode_hold(struct inode *inode);

/* The one in memory, or NULL. */
struct inode *inode_find(ext2_ino_t ino);

/* Puts a new one into the table. */
void inode_insert(struct inode *inode);

/* In a transaction: raw was, or is about to be, changed.  0, -EIO. */
int inode_dirty(struct inode *inode, bool times_only);
int inodes_store(void);
/* Those that nobody uses. */
void inodes_forget(void);

static inline struct ext2_inode *inode_raw(struct inode *inode)
{
	return (struct ext2_inode *)&inode->raw;
}
static inline bool inode_is_directory(const struct inode *inode)
{
	return LINUX_S_ISDIR(inode->raw.i_mode);
}
void inode_set_size(struct inode *inode, uint64_t size);
/* In file system blocks. */
int inode_add_blocks(struct ext2_inode *inode, int64_t blocks);

enum inode_time { INODE_ATIME = 1, INODE_MTIME = 2, INODE_CTIME = 4, INODE_CRTIME = 8 };
void inode_set_time(struct inode *inode, unsigned int which, int64_t seconds, uint32_t nanoseconds);
/* Now. */
void inode_touch(struct inode *inode, unsigned int which);

/* In a transaction: a new one of this type and mode, near the directory; -ENOSPC with nothing done. */
int inode_create(const struct inode *directory, uint16_t mode, struct inode **out);
/* An empty tree of extents in place of block numbers. */
void extent_root_make(struct inode *inode);
/* Its bit in the bitmap; the inode is empty already. */
int inode_release(struct inode *inode);

/* --- orphan.c --------------------------------------------------------------------------------- */

/*
 * In a transaction: files that are to be cut, or to be freed when nobody uses them any more, are in
 * a list on the disk, so that they are after a crash.
 */
int orphan_add(struct inode *inode);
int orphan_remove(struct inode *inode);
/* After a mount: does for all in the list what was to be done. */
void orphans_clear(void);
/* Before the end of writing: the same for those of this time, whoever has them open. */
void orphans_finish(void);

/* Transactions of its own: frees what is behind i_size, in steps; for an inode in the list. */
int inode_cut_to_size(struct inode *inode);
/* … and the inode. */
int inode_destroy(struct inode *inode);

/* --- map.c ------------------------------------------------------------------------------------ */

/* Blocks of a file that lie in a row on the disk, or, as a hole, nowhere: those read as zeroes. */
struct run {
	uint64_t logical, physical, length;
	bool hole;
};

/*
 * Under the lock: the run that holds the logical block; its length is at least 1.  A hole with a
 * physical block is one that has room of its own on the disk, with unknown contents.
 */
int map_run(ext2_ino_t ino, const struct ext2_inode *inode, uint64_t logical, struct run *run);

/* Of a file with block numbers: the levels above one logical block. */
struct indirection {
	unsigned int levels, start; /* below the inode; in which of its 15 numbers they start */
	uint32_t index[3];	    /* into each level, the topmost first */
	uint64_t within;	    /* number of the block among all that this start leads to */
};
bool indirection_of(uint64_t logical, unsigned int per_block_bits, struct indirection *way);

bool memory_for_handle(void);
#define EXTENT_DEPTH_MAX 5 /* what ext4 can need; libext2fs believes any number */
int extent_depth(const struct ext2_inode *inode);

/* --- allocate.c, grow.c, cut.c ---------------------------------------------------------------- */

/* In a transaction: up to `want` free blocks in a row, near the goal.  -ENOSPC with nothing done. */
int blocks_allocate(uint64_t goal, unsigned int want, uint64_t *start, unsigned int *got);
int blocks_release(uint64_t start, uint64_t count);
/* How many there are; of those, some are kept for what the tree above new blocks may need. */
uint64_t blocks_available(void);
#define TREE_BLOCKS 8u

/*
 * In a transaction: the run that holds the logical block, of at most `want` blocks, which are
 * allocated if they are not there.  *fresh: their contents are unknown.  -ENOSPC with nothing done.
 */
int map_allocate(struct inode *inode, uint64_t logical, uint64_t want, struct run *run,
		 bool *fresh);

/*
 * In a transaction: frees blocks from logical number `from` on, the last ones first, as long as the
 * transaction has room.  0 when none is left, 1 when there are more, or a negative errno.
 */
int map_cut(struct inode *inode, uint64_t from);

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

/* --- entry.c, htree.c ------------------------------------------------------------------------- */

/* Where a name is. */
struct place {
	uint64_t block;	     /* on the disk */
	unsigned int at;     /* the entry in it */
	unsigned int before; /* the entry before that, or `at` if it is the first */
	ext2_ino_t ino;
};

/* 0, -ENOENT or another error. */
int directory_find(ext2_ino_t ino, const struct ext2_inode *inode, const char *name, size_t len,
		   struct place *place);

/*
 * In a transaction.  Adding is -ENOSPC with nothing done; that the name is not there is known.
 * type: EXT2_FT_….
 */
int directory_add(struct inode *directory, const char *name, size_t len, ext2_ino_t ino,
		  unsigned int type);
int directory_remove(struct inode *directory, const struct place *place);
/* Lets the name lead elsewhere. */
int directory_replace(struct inode *directory, const struct place *place, ext2_ino_t ino,
		      unsigned int type);
/* The first block of a new directory. */
int directory_make(struct inode *directory, ext2_ino_t parent);
/* 1 if it holds nothing but . and .., 0, or an error. */
int directory_is_empty(ext2_ino_t ino, const struct ext2_inode *inode);

/* --- walk.c ----------------------------------------------------------------------------------- */

/* Under the lock: the inode a path leads to; a symbolic link at its end is followed or not. */
int path_walk(const char *path, bool follow, ext2_ino_t *ino, struct ext2_inode *inode);

/*
 * Under the lock: the directory that holds the last name of a path, and that name, which need not be
 * there.  A symbolic link at the end is followed or not, unless it leads nowhere: then the name is
 * where it leads.  last.len is 0 for "/".
 */
struct last {
	ext2_ino_t directory;
	struct ext2_inode inode; /* of the directory */
	char name[EXT2_NAME_LEN + 1];
	size_t len;
	bool slash; /* one came behind it: it must be a directory */
};
int path_walk_last(const char *path, bool follow, struct last *last);

/* Under the lock: the target of a symbolic link, at most len bytes without a NUL: its length. */
int symlink_read(ext2_ino_t ino, const struct ext2_inode *inode, char *buf, size_t len);

/* --- file.c, file_write.c, name.c, change.c ---------------------------------------------------- */

struct file;
struct statvfs;
struct timespec;

struct ext4_file;

/* The rooms of struct file_tree and struct file_ops of unikernel/libc/file.h, see there. */
extern const struct file_tree ext4_tree;

ssize_t file_write(struct file *file, const void *buf, size_t len);
ssize_t file_pwrite(struct file *file, const void *buf, size_t len, off_t at);
int file_truncate(struct file *file, off_t size);
int file_sync(struct file *file, bool data_only);
int file_chmod(struct file *file, mode_t mode);
int file_utimens(struct file *file, const struct timespec times[2]);

/* Under the lock: the file there, which is made if need be.  *made: it was. */
int name_create(const char *path, int flags, mode_t mode, struct inode **inode, bool *made);
/* Under the lock: cut or made longer. */
int inode_truncate(struct inode *inode, uint64_t size);
/* Under the lock, after -ENOSPC: are there freed blocks that can be used now? */
bool space_reclaim(void);

/* For the rooms of names: . and .., EXT2_FT_… of a mode, links and their bounds. */
bool last_is_dot(const struct last *last);
unsigned int entry_type(uint16_t mode);
void inode_links_add(struct inode *directory);
void inode_links_sub(struct inode *directory);
int inode_links_room(const struct inode *inode);
/* In a transaction: a name less, and an orphan if it was the last. */
int inode_lose_name(struct inode *inode);

int name_unlink(const char *path);
int name_mkdir(const char *path, mode_t mode);
int name_rmdir(const char *path);
int name_rename(const char *from, const char *to);
int name_link(const char *from, const char *to);
int name_symlink(const char *target, const char *path);

int path_truncate(const char *path, off_t size);
int path_chmod(const char *path, mode_t mode);
int path_utimens(const char *path, const struct timespec times[2], bool follow);
int tree_statvfs(struct statvfs *out);
int tree_sync(void);

#endif
