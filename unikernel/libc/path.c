/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: what opens, describes or would change something by its path.  All of it goes to the one
 * file system that is mounted (file_tree_mount); that is read-only, so whatever would change it
 * is -EROFS where the path leads somewhere and the error of looking it up where it does not.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

static const struct file_tree *tree;

void file_tree_mount(const struct file_tree *mounted)
{
	tree = mounted;
}

const struct file_tree *file_tree_mounted(void)
{
	return tree;
}

static int path_check(const char *path)
{
	if (!tree || !*path)
		return -ENOENT;
	return strnlen(path, PATH_MAX) == PATH_MAX ? -ENAMETOOLONG : 0;
}

static int path_stat(const char *path, struct stat *st, bool follow)
{
	memset(st, 0, sizeof(*st));
	int error = path_check(path);
	return error ? error : tree->stat(path, st, follow);
}

static int path_open(const char *path, int flags)
{
	int error = path_check(path);
	if (error)
		return error;
	struct file *f;
	error = tree->open(path, flags, &f);
	if (error)
		return error;
	int fd = file_install(f);
	if (fd < 0)
		file_put(f);
	return fd;
}

int open(const char *path, int flags, ...)
{
	return result_int(path_open(path, flags));
}

int creat(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int stat(const char *restrict path, struct stat *restrict st)
{
	return result_int(path_stat(path, st, true));
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return result_int(path_stat(path, st, false));
}

/* The program is root, whom only a missing x bit of a file keeps from anything. */
int access(const char *path, int mode)
{
	struct stat st;
	int error = path_stat(path, &st, true);
	if (!error && (mode & W_OK))
		error = -EROFS;
	if (!error && (mode & X_OK) && !S_ISDIR(st.st_mode) && !(st.st_mode & 0111))
		error = -EACCES;
	return result_int(error);
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t len)
{
	int error = path_check(path);
	return result(error ? error : tree->readlink(path, buf, len));
}

/* Paths start at /, wherever one is. */
char *getcwd(char *buf, size_t size)
{
	if (!buf || size < 2) {
		errno = buf ? ERANGE : EINVAL;
		return NULL;
	}
	return strcpy(buf, "/");
}

int chdir(const char *path)
{
	struct stat st;
	int error = path_stat(path, &st, true);
	if (!error && !S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	/* Only where one is already. */
	return result_int(error || strcmp(path, "/") == 0 ? error : -ENOSYS);
}

/* --- what would change the tree -------------------------------------------------------------- */

static int unchangeable(const char *path)
{
	struct stat st;
	int error = path_stat(path, &st, false);
	return result_int(error ? error : -EROFS);
}

/* A name that is to be made: it is no news that it is not there yet. */
static int uncreatable(const char *path)
{
	struct stat st;
	int error = path_stat(path, &st, false);
	if (error == 0)
		error = -EEXIST;
	else if (error == -ENOENT)
		error = -EROFS;
	return result_int(error);
}

int unlink(const char *path)
{
	return unchangeable(path);
}

int rmdir(const char *path)
{
	return unchangeable(path);
}

int rename(const char *from, const char *to)
{
	(void)to;
	return unchangeable(from);
}

int link(const char *from, const char *to)
{
	(void)to;
	return unchangeable(from);
}

int truncate(const char *path, off_t length)
{
	(void)length;
	return unchangeable(path);
}

/* No file can be opened for writing, and nothing else has a length. */
int ftruncate(int fd, off_t length)
{
	(void)length;
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	file_put(f);
	return result_int(-EINVAL);
}

int chmod(const char *path, mode_t mode)
{
	(void)mode;
	return unchangeable(path);
}

int mkdir(const char *path, mode_t mode)
{
	(void)mode;
	return uncreatable(path);
}

int symlink(const char *target, const char *path)
{
	(void)target;
	return uncreatable(path);
}

/* The calls that newlib's rename() and remove() make. */
int _unlink_r(struct _reent *reent, const char *path);
int _unlink_r(struct _reent *reent, const char *path)
{
	(void)reent;
	return unlink(path);
}

int _rename_r(struct _reent *reent, const char *from, const char *to)
{
	(void)reent;
	return rename(from, to);
}
