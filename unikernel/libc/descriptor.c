/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be done with a descriptor itself: close it, double it, change how it behaves. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

#define FLAGS_SETTABLE (O_NONBLOCK | O_APPEND)

int close(int fd)
{
	struct file *f = file_remove(fd);
	return result_int(f ? file_put(f) : -EBADF);
}

static int dup_from(int fd, int lowest)
{
	if (lowest < 0 || lowest >= FILE_MAX)
		return -EINVAL;
	struct file *f = file_get(fd);
	if (!f)
		return -EBADF;
	int copy = file_install_from(lowest, f);
	if (copy < 0)
		file_put(f);
	return copy;
}

int dup(int fd)
{
	return result_int(dup_from(fd, 0));
}

int dup2(int fd, int copy)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	if (copy == fd) {
		file_put(f);
		return fd;
	}
	struct file *old = NULL;
	int made = file_replace(copy, f, &old);
	if (made < 0)
		file_put(f);
	else if (old)
		file_put(old);
	return result_int(made);
}

static int set_flags(struct file *f, int flags)
{
	f->flags = (f->flags & ~FLAGS_SETTABLE) | (flags & FLAGS_SETTABLE);
	if (f->ops->set_flags)
		f->ops->set_flags(f);
	return 0;
}

/*
 * Record locks belong to a process and never stand in its own way, and there is no other process: a
 * disk is one domain's.  So each is granted, if the file is open for it, and none is in the way.
 */
static int record_lock(const struct file *f, int command, struct flock *lock)
{
	const int access = f->flags & O_ACCMODE;
	if ((lock->l_type != F_RDLCK && lock->l_type != F_WRLCK && lock->l_type != F_UNLCK) ||
	    lock->l_whence < SEEK_SET || lock->l_whence > SEEK_END || !f->ops->lseek)
		return -EINVAL;
	if (command == F_GETLK) {
		lock->l_type = F_UNLCK;
		return 0;
	}
	return (lock->l_type == F_RDLCK && access == O_WRONLY) ||
			       (lock->l_type == F_WRLCK && access == O_RDONLY)
		       ? -EBADF
		       : 0;
}

/* There is no exec(), so close-on-exec is a flag that may be set and changes nothing. */
int fcntl(int fd, int command, ...)
{
	va_list args;
	va_start(args, command);
	void *pointer = va_arg(args, void *);
	const int argument = (int)(uintptr_t)pointer;
	va_end(args);

	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		return result_int(dup_from(fd, argument));
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int answer;
	switch (command) {
	case F_GETFD:
	case F_SETFD:
		answer = 0;
		break;
	case F_GETFL:
		answer = f->flags;
		break;
	case F_SETFL:
		answer = set_flags(f, argument);
		break;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		answer = record_lock(f, command, pointer);
		break;
	default:
		answer = -EINVAL;
	}
	file_put(f);
	return result_int(answer);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);

	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int answer;
	if (request == FIONBIO)
		answer = set_flags(f, *(const int *)argument ? f->flags | O_NONBLOCK
							     : f->flags & ~O_NONBLOCK);
	else
		answer = f->ops->ioctl ? f->ops->ioctl(f, request, argument) : -ENOTTY;
	file_put(f);
	return result_int(answer);
}
