/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SQLite looks its system calls up in a table, which programs may change.  Here each is what
 * unikernel/libc would make of it; that cannot be linked beside the host's own libc.
 */
#include "tests/unit/ext4/sqlite/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

#define FIRST_DESCRIPTOR 3 /* SQLite takes none below for a file of its own */

static long result(long value)
{
	if (value >= 0)
		return value;
	errno = (int)-value;
	return -1;
}

static int call_open(const char *path, int flags, int mode)
{
	struct file *f;
	int error = ext4_tree.open(path, flags & ~(O_CLOEXEC | O_NOFOLLOW), (mode_t)mode, &f);
	return (int)result(error ? error : file_install_from(FIRST_DESCRIPTOR, f));
}

static int call_close(int fd)
{
	return (int)result(file_put(file_remove(fd)));
}

/* The file of a descriptor; the table's reference is enough, as there is one thread. */
static struct file *of(int fd)
{
	struct file *f = file_get(fd);
	if (!f)
		abort();
	file_put(f);
	return f;
}

static int call_stat(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	return (int)result(ext4_tree.stat(path, st, true));
}

static int call_lstat(const char *path, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	return (int)result(ext4_tree.stat(path, st, false));
}

static int call_fstat(int fd, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	return (int)result(of(fd)->ops->fstat(of(fd), st));
}

static int call_access(const char *path, int mode)
{
	struct stat st;
	(void)mode;
	return call_stat(path, &st);
}

static char *call_getcwd(char *buf, size_t size)
{
	return size > 1 ? strcpy(buf, "/") : NULL;
}

static int call_ftruncate(int fd, off_t size)
{
	return (int)result(of(fd)->ops->truncate(of(fd), size));
}

static int call_fcntl(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	if (command == F_GETLK)
		va_arg(args, struct flock *)->l_type = F_UNLCK;
	va_end(args);
	(void)fd;
	return 0;
}

static ssize_t call_read(int fd, void *buf, size_t len)
{
	return result(of(fd)->ops->read(of(fd), buf, len));
}

static ssize_t call_write(int fd, const void *buf, size_t len)
{
	return result(of(fd)->ops->write(of(fd), buf, len));
}

static ssize_t call_pread(int fd, void *buf, size_t len, off_t at)
{
	return result(of(fd)->ops->pread(of(fd), buf, len, at));
}

static ssize_t call_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return result(of(fd)->ops->pwrite(of(fd), buf, len, at));
}

static int call_fchmod(int fd, mode_t mode)
{
	return (int)result(of(fd)->ops->chmod(of(fd), mode));
}

static int call_unlink(const char *path)
{
	return (int)result(ext4_tree.unlink(path));
}

static uid_t call_geteuid(void)
{
	return 1000; /* nobody who would give files away */
}

int ext4_fsync(int fd)
{
	return (int)result(of(fd)->ops->sync(of(fd), false));
}

int ext4_fdatasync(int fd)
{
	return (int)result(of(fd)->ops->sync(of(fd), true));
}

void sqlite_calls_set(void)
{
#define CALL(name)                                      \
	{                                               \
#name, (sqlite3_syscall_ptr)call_##name \
	}
	static const struct {
		const char *name;
		sqlite3_syscall_ptr call;
	} calls[] = {
		CALL(open),   CALL(close),  CALL(stat),	     CALL(lstat),
		CALL(fstat),  CALL(access), CALL(getcwd),    CALL(fcntl),
		CALL(read),   CALL(write),  CALL(ftruncate), CALL(pread),
		CALL(pwrite), CALL(fchmod), CALL(unlink),    CALL(geteuid),
	};
#undef CALL
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call) != SQLITE_OK) {
			fprintf(stderr, "SQLite knows no call %s\n", calls[i].name);
			abort();
		}
	}
}
