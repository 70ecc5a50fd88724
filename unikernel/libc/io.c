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

/* A write to a file of O_SYNC is done when it is on stable storage. */
static ssize_t written(struct file *f, ssize_t n)
{
	if (n <= 0 || !(f->flags & O_SYNC) || !f->ops->sync)
		return n;
	int error = f->ops->sync(f, true);
	return error ? error : n;
}

static ssize_t file_write(struct file *f, const void *buf, size_t len)
{
	if (!writable(f) || !f->ops->write)
		return -EBADF;
	return written(f, f->ops->write(f, buf, capped(len)));
}

static ssize_t file_pread(struct file *f, void *buf, size_t len, off_t at)
{
	if (!readable(f))
		return -EBADF;
	if (!f->ops->pread)
		return -ESPIPE;
	return at < 0 ? -EINVAL : f->ops->pread(f, buf, capped(len), at);
}

static ssize_t file_pwrite(struct file *f, const void *buf, size_t len, off_t at)
{
	if (!writable(f))
		return -EBADF;
	if (!f->ops->pwrite)
		return -ESPIPE;
	return at < 0 ? -EINVAL : written(f, f->ops->pwrite(f, buf, capped(len), at));
}

_READ_WRITE_RETURN_TYPE read(int fd, void *buf, size_t len)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	ssize_t n = file_read(f, buf, len);
	file_put(f);
	return result_int(n);
}

_READ_WRITE_RETURN_TYPE write(int fd, const void *buf, size_t len)
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
	ssize_t n = file_pread(f, buf, len, at);
	file_put(f);
	return result(n);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	struct file *f = file_get(fd);
	if (!f)
		return result(-EBADF);
	ssize_t n = file_pwrite(f, buf, len, at);
	file_put(f);
	return result(n);
}

/* Piece by piece, each `at` further on where the call has a position; what came before a piece that
 * fails counts, and the error is met again. */
static ssize_t vectored(int fd, const struct iovec *iov, int count, off_t at,
			ssize_t (*move)(struct file *f, const struct iovec *piece, off_t at))
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
		ssize_t n = move(f, &iov[i], at + total);
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

static ssize_t read_piece(struct file *f, const struct iovec *piece, off_t at)
{
	(void)at;
	return file_read(f, piece->iov_base, piece->iov_len);
}

static ssize_t write_piece(struct file *f, const struct iovec *piece, off_t at)
{
	(void)at;
	return file_write(f, piece->iov_base, piece->iov_len);
}

static ssize_t pread_piece(struct file *f, const struct iovec *piece, off_t at)
{
	return file_pread(f, piece->iov_base, piece->iov_len, at);
}

static ssize_t pwrite_piece(struct file *f, const struct iovec *piece, off_t at)
{
	return file_pwrite(f, piece->iov_base, piece->iov_len, at);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
	return result(vectored(fd, iov, count, 0, read_piece));
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return result(vectored(fd, iov, count, 0, write_piece));
}

ssize_t preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	return result(at < 0 ? -EINVAL : vectored(fd, iov, count, at, pread_piece));
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return result(at < 0 ? -EINVAL : vectored(fd, iov, count, at, pwrite_piece));
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
