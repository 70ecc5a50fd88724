/* SPDX-License-Identifier: BSD-2-Clause */
/* How long a file is, how much of it has room on the disk, and how it will be used. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

int truncate(const char *name, off_t size)
{
	if (size < 0)
		return result_int(-EINVAL);
	return result_int(PATH_CALL(name, tree()->truncate(path.text, size)));
}

static int file_truncate(struct file *f, off_t size)
{
	if (size < 0 || !f->ops->truncate || (f->flags & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	return f->ops->truncate(f, size);
}

int ftruncate(int fd, off_t size)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int error = file_truncate(f, size);
	file_put(f);
	return result_int(error);
}

/*
 * Gives every block of [at, end) room, by writing one byte of each: that which is there, or a zero
 * behind the end of the file.  No other thread runs between the two unless the disk is waited for,
 * and then only what it wrote to this very byte is lost.
 */
static int range_fill(struct file *f, off_t at, off_t end, off_t block)
{
	while (at < end) {
		char byte = 0;
		ssize_t n = f->ops->pread(f, &byte, 1, at);
		if (n >= 0)
			n = f->ops->pwrite(f, &byte, 1, at);
		if (n < 0)
			return (int)n;
		at = at / block * block + block;
	}
	struct stat st = {0};
	int error = f->ops->fstat(f, &st);
	return !error && st.st_size < end ? f->ops->truncate(f, end) : error;
}

static int file_allocate(struct file *f, off_t at, off_t len)
{
	struct stat st = {0};
	off_t end;
	if (at < 0 || len <= 0)
		return -EINVAL;
	if (__builtin_add_overflow(at, len, &end))
		return -EFBIG;
	if ((f->flags & O_ACCMODE) != O_RDWR)
		return -EBADF;
	if (!f->ops->fstat || f->ops->fstat(f, &st) || !S_ISREG(st.st_mode) || !f->ops->truncate)
		return -ENODEV;
	struct statvfs fs = {0};
	int error = tree()->statvfs(&fs);
	return error ? error : range_fill(f, at, end, fs.f_frsize ? (off_t)fs.f_frsize : 512);
}

/* The error is the result; errno is not touched. */
int posix_fallocate(int fd, off_t at, off_t len)
{
	struct file *f = file_get(fd);
	if (!f)
		return EBADF;
	int error = file_allocate(f, at, len);
	file_put(f);
	return -error;
}

/* Advice only: the file system reads ahead when it sees a file read in order. */
int posix_fadvise(int fd, off_t at, off_t len, int advice)
{
	struct file *f = file_get(fd);
	if (!f)
		return EBADF;
	const bool seekable = f->ops->lseek != NULL;
	file_put(f);
	(void)at;
	if (!seekable)
		return ESPIPE;
	return len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? EINVAL : 0;
}
