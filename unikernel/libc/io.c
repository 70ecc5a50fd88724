/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading, writing and moving about in whatever is open.
 *
 * newlib declares read() and write() as int, so one call moves at most INT_MAX bytes; POSIX allows
 * a short count.
 */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <fcntl.h>
#include <unistd.h>

#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

static size_t capped(size_t len)
{
	return len > INT_MAX ? INT_MAX : len;
}

static bool readable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY;
}

static bool writable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY;
}

static ssize_t file_read(struct file *f, void *buf, size_t len)
{
	if (!readable(f) || !f->ops->read)
		return -EBADF;
	return f->ops->read(f, buf, capped(len));
}

static ssize_t file_write(struct file *f, const void *buf, size_t len)
{
	if (!writable(f) || !f->ops->write)
		return -EBADF;
	return f->ops->write(f, buf, capped(len));
}

int read(int fd, void *buf, size_t len)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	ssize_t n = file_read(f, buf, len);
	file_put(f);
	return result_int(n);
}

int write(int fd, const void *buf, size_t len)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	ssize_t n = file_write(f, buf, len);
	file_put(f);
	return result_int(n);
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	struct file *f = file_get(fd);
	if (!f)
		return result(-EBADF);
	ssize_t n;
	if (!readable(f))
		n = -EBADF;
	else if (!f->ops->pread)
		n = -ESPIPE;
	else if (at < 0)
		n = -EINVAL;
	else
		n = f->ops->pread(f, buf, capped(len), at);
	file_put(f);
	return result(n);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	struct file *f = file_get(fd);
	if (!f)
		return result(-EBADF);
	ssize_t n;
	if (!writable(f))
		n = -EBADF;
	else if (!f->ops->pwrite)
		n = -ESPIPE;
	else if (at < 0)
		n = -EINVAL;
	else
		n = f->ops->pwrite(f, buf, capped(len), at);
	file_put(f);
	return result(n);
}

/* Piece by piece; what came before a piece that fails counts, and the error is met again. */
static ssize_t vectored(int fd, const struct iovec *iov, int count,
			ssize_t (*move)(struct file *f, const struct iovec *piece))
{
	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	struct file *f = file_get(fd);
	if (!f)
		return -EBADF;
	ssize_t total = 0;
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len == 0)
			continue;
		ssize_t n = move(f, &iov[i]);
		if (n < 0) {
			total = total ? total : n;
			break;
		}
		total += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	file_put(f);
	return total;
}

static ssize_t read_piece(struct file *f, const struct iovec *piece)
{
	return file_read(f, piece->iov_base, piece->iov_len);
}

static ssize_t write_piece(struct file *f, const struct iovec *piece)
{
	return file_write(f, piece->iov_base, piece->iov_len);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
	return result(vectored(fd, iov, count, read_piece));
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return result(vectored(fd, iov, count, write_piece));
}

off_t lseek(int fd, off_t offset, int whence)
{
	struct file *f = file_get(fd);
	if (!f)
		return result(-EBADF);
	off_t at = f->ops->lseek ? f->ops->lseek(f, offset, whence) : -ESPIPE;
	file_put(f);
	return result(at);
}

int fstat(int fd, struct stat *st)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	memset(st, 0, sizeof(*st));
	int error = f->ops->fstat ? f->ops->fstat(f, st) : -EINVAL;
	file_put(f);
	return result_int(error);
}

int isatty(int fd)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF) + 1;
	bool terminal = f->terminal;
	file_put(f);
	if (!terminal)
		errno = ENOTTY;
	return terminal;
}

/* Nothing that is written is held back here: the console has it, sockets have it. */
int fsync(int fd)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	file_put(f);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}
