/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a tree that cannot be changed answers: -EROFS where a path leads somewhere, and the error of
 * looking it up where it does not.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "unikernel/libc/path.h"

static int unchangeable(const char *path, bool follow)
{
	struct stat st = {0};
	int error = tree()->stat(path, &st, follow);
	return error ? error : -EROFS;
}

/* A name that is to be made: it is no news that it is not there yet. */
static int uncreatable(const char *path)
{
	struct stat st = {0};
	int error = tree()->stat(path, &st, false);
	if (error == 0)
		return -EEXIST;
	return error == -ENOENT ? -EROFS : error;
}

static int readonly_name(const char *path)
{
	return unchangeable(path, false);
}

static int readonly_rename(const char *from, const char *to)
{
	(void)to;
	return unchangeable(from, false);
}

static int readonly_mkdir(const char *path, mode_t mode)
{
	(void)mode;
	return uncreatable(path);
}

static int readonly_symlink(const char *target, const char *path)
{
	(void)target;
	return uncreatable(path);
}

static int readonly_truncate(const char *path, off_t size)
{
	(void)size;
	return unchangeable(path, true);
}

static int readonly_chmod(const char *path, mode_t mode)
{
	(void)mode;
	return unchangeable(path, true);
}

static int readonly_utimens(const char *path, const struct timespec times[2], bool follow)
{
	(void)times;
	return unchangeable(path, follow);
}

static ssize_t no_links(const char *path, char *buf, size_t len)
{
	(void)buf, (void)len;
	struct stat st = {0};
	int error = tree()->stat(path, &st, false);
	return error ? error : -EINVAL;
}

static int readonly_statvfs(struct statvfs *out)
{
	out->f_flag = ST_RDONLY;
	out->f_namemax = NAME_MAX;
	return 0;
}

static int readonly_sync(void)
{
	return 0;
}

void tree_complete(struct file_tree *incomplete)
{
#define COMPLETE(operation, other) \
	incomplete->operation = incomplete->operation ? incomplete->operation : (other)
	COMPLETE(readlink, no_links);
	COMPLETE(unlink, readonly_name);
	COMPLETE(mkdir, readonly_mkdir);
	COMPLETE(rmdir, readonly_name);
	COMPLETE(rename, readonly_rename);
	COMPLETE(link, readonly_rename);
	COMPLETE(symlink, readonly_symlink);
	COMPLETE(truncate, readonly_truncate);
	COMPLETE(chmod, readonly_chmod);
	COMPLETE(utimens, readonly_utimens);
	COMPLETE(statvfs, readonly_statvfs);
	COMPLETE(sync, readonly_sync);
#undef COMPLETE
}
