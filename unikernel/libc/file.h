/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and their descriptors.
 *
 * POSIX has one kind of handle for consoles, files and sockets; so has Lodger.  A provider embeds a
 * `struct file` in its own object, fills in the operations that it has and gives the file to the
 * descriptor table.  read(), write(), poll(), close() and their kin are then written once, in this
 * folder, over those operations.
 *
 *	fd ──> table ──> struct file ──> ops ──> console | ext4 file | socket
 *
 * Conventions of every operation: a result of zero or more is success, a negative errno failure.
 * Only the POSIX entry points turn that into -1 and `errno`.  An operation may block the calling
 * thread, unless the file's O_NONBLOCK is set; then it returns -EAGAIN instead.
 *
 * Ownership: references are counted.  file_init() gives the creator the first one, the descriptor
 * table takes it over with file_install(), and file_get() adds one for as long as a call runs, so
 * that a file closed by one thread outlives the read() of another.  When the last reference goes,
 * ops->close() frees the object.
 */
#ifndef LODGER_LIBC_FILE_H
#define LODGER_LIBC_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dirent;
struct file;
struct file_lock;
struct file_watch;
struct stat;
struct statvfs;
struct timespec;

/* What a file can do.  A missing operation fails with the errno named beside it. */
struct file_ops {
	/* Up to len bytes at the file's own position; 0 is the end of the file.  -EBADF
	 * With O_APPEND in f->flags a write goes to the end, whatever the position was. */
	ssize_t (*read)(struct file *f, void *buf, size_t len);
	ssize_t (*write)(struct file *f, const void *buf, size_t len);
	/* The same at a given position, which moves nothing and knows no O_APPEND.  -ESPIPE */
	ssize_t (*pread)(struct file *f, void *buf, size_t len, off_t at);
	ssize_t (*pwrite)(struct file *f, const void *buf, size_t len, off_t at);
	/* The new position.  -ESPIPE
	 * A directory's is a cookie: of SEEK_CUR one gets the next entry's, and SEEK_SET takes 0 or
	 * such a cookie, of which readdir goes on though names have come and gone meanwhile. */
	off_t (*lseek)(struct file *f, off_t offset, int whence);
	/* The file's size is to be this, cut or made longer with zeroes.  Only of a file that is open
	 * for writing; size is not negative.  -EINVAL */
	int (*truncate)(struct file *f, off_t size);
	/* What has been written is on stable storage on return: data_only may leave out what is not
	 * needed to read it again (times).  Of a directory its names are; and that a file is open for
	 * reading only makes no difference.  -EINVAL */
	int (*sync)(struct file *f, bool data_only);
	/* *st is zeroed before the call.  -EINVAL */
	int (*fstat)(struct file *f, struct stat *st);
	/* As file_tree's of the same name, of the file itself.  -EINVAL */
	int (*chmod)(struct file *f, mode_t mode);
	int (*utimens)(struct file *f, const struct timespec times[2]);
	/* The next name of a directory: 1, or 0 at the end.  -ENOTDIR */
	int (*readdir)(struct file *f, struct dirent *entry);
	/* Requests of <sys/ioctl.h>; FIONBIO is done before this is asked.  -ENOTTY */
	int (*ioctl)(struct file *f, unsigned long request, void *arg);
	/* Readiness now, as POLLIN | POLLOUT | POLLERR | POLLHUP of <poll.h>.  Must not block.
	 * A file without it is always ready to be read and written, as POSIX says of files. */
	short (*poll)(struct file *f);
	/* Told after O_NONBLOCK or O_APPEND in f->flags changed; optional. */
	void (*set_flags)(struct file *f);
	/* The last reference is gone: free the object around f.  Its result is that of close(2). */
	int (*close)(struct file *f);
};

struct file {
	const struct file_ops *ops;
	unsigned int references;
	int flags;		    /* O_ACCMODE | O_NONBLOCK | O_APPEND | O_SYNC of <fcntl.h> */
	bool terminal;		    /* isatty() */
	struct file_watch *watches; /* the poll() calls that wait for this file, see poll.c */
	struct file_lock *lock;	    /* flock()'s, see there */
};

/* Prepares f with one reference, the caller's. */
void file_init(struct file *f, const struct file_ops *ops, int flags);

struct file *file_hold(struct file *f);
/* Drops a reference; the last one closes and returns what ops->close() says. */
int file_put(struct file *f);

/*
 * Gives f the lowest free descriptor, which takes over the caller's reference.
 * -EMFILE beyond FILE_MAX or -ENOMEM: the reference stays the caller's.
 */
int file_install(struct file *f);
int file_install_from(int lowest, struct file *f);
#define FILE_MAX 65536

/* Takes fd out of the table; the table's reference is the caller's now. NULL: not open. */
struct file *file_remove(int fd);

/* Makes fd name f, as dup2() does, and gives back what it named before (or NULL) with the table's
 * reference.  fd, -EBADF if it can be no descriptor, -ENOMEM. */
int file_replace(int fd, struct file *f, struct file **old);

/* The file behind a descriptor with a reference added, or NULL if there is none (EBADF). */
struct file *file_get(int fd);

/*
 * Readiness of f may have changed: whatever poll() waits for it looks again.  Call it from threads
 * and from event handlers alike, whenever an answer of ops->poll() could have become a larger one;
 * it never blocks and costs nothing when nobody waits.
 */
void file_notify(struct file *f);

/* Called before a file that has a lock is closed: flock.c. */
extern void (*file_unlock_hook)(struct file *f);

/* How many descriptors are in use, for the statistics page. */
unsigned int file_count(void);

/*
 * Where names lead.  The file system that is mounted at / registers itself; without one every path
 * is -ENOENT.
 *
 * Paths are absolute (libc puts the working directory before relative ones), shorter than PATH_MAX,
 * and otherwise as the program wrote them: "//", ".", ".." and symbolic links are the tree's, and
 * so is a slash at the end, which only a directory may have.  A last component "." or ".." is
 * -EINVAL to rmdir and rename, -EBUSY where POSIX has it so; names longer than NAME_MAX are
 * -ENAMETOOLONG.  modes are permission bits from which the umask has been taken.
 *
 * A missing operation is -EROFS where the path leads somewhere (libc asks stat first), and so are
 * all that would change a tree that is mounted read-only.  What they change is in the caches when
 * they return and on stable storage after sync (or sync of an open file): in the order in which it
 * was done, so that after a crash what came later is never there without what came before.
 */
struct file_tree {
	/* O_ACCMODE, O_CREAT (with mode), O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW,
	 * O_NONBLOCK; O_SYNC is libc's.  *out has one reference, the caller's. */
	int (*open)(const char *path, int flags, mode_t mode, struct file **out);
	/* st_dev and st_ino together are a file's identity, as long as it has a name or is open. */
	int (*stat)(const char *path, struct stat *st, bool follow);
	/* The length, without a NUL at the end; what is longer than len is cut off. */
	ssize_t (*readlink)(const char *path, char *buf, size_t len);
	/* -EISDIR of a directory.  A file that is open lives until its last close. */
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, mode_t mode);
	int (*rmdir)(const char *path);
	/* In one step: whoever looks, and a crash, finds what `to` was or what `from` was. */
	int (*rename)(const char *from, const char *to);
	int (*link)(const char *from, const char *to); /* a symbolic link is not followed */
	int (*symlink)(const char *target, const char *path);
	int (*truncate)(const char *path, off_t size);
	int (*chmod)(const char *path, mode_t mode);
	/* times[0]: last access, [1]: last change of the data.  A tv_nsec of UTIME_OMIT leaves that
	 * one as it is; UTIME_NOW has been replaced by the time. */
	int (*utimens)(const char *path, const struct timespec times[2], bool follow);
	int (*statvfs)(struct statvfs *out); /* *out is zeroed before the call */
	int (*sync)(void);		     /* everything */
};
void file_tree_mount(const struct file_tree *tree);
const struct file_tree *file_tree_mounted(void);

#endif
