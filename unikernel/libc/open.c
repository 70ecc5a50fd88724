/* SPDX-License-Identifier: BSD-2-Clause */
/* From a name to a descriptor. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

static mode_t mask = 022;

mode_t umask(mode_t new_mask)
{
	const mode_t old = mask;
	mask = new_mask & 0777;
	return old;
}

static int path_open(const char *path, int flags, mode_t mode)
{
	struct file *f;
	int error = tree()->open(path, flags & ~O_SYNC, mode & 07777 & ~mask, &f);
	if (error)
		return error;
	f->flags |= flags & O_SYNC;
	int fd = file_install(f);
	if (fd < 0)
		file_put(f);
	return fd;
}

int open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	if (flags & O_CREAT) {
		va_list args;
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if ((flags & O_ACCMODE) == O_ACCMODE || ((flags & O_CREAT) && (flags & O_DIRECTORY)))
		return result_int(-EINVAL);
	return result_int(PATH_CALL(name, path_open(path.text, flags, mode)));
}

int creat(const char *name, mode_t mode)
{
	return open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int mkdir(const char *name, mode_t mode)
{
	mode &= 07777 & ~mask;
	return result_int(PATH_CALL(name, tree()->mkdir(path.text, mode)));
}
