/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and directories of the mounted file system, as libc's descriptors see them.
 *
 * A file remembers the run of blocks that it read last, so that reading on asks libext2fs nothing.
 * Who reads on where the last read ended, or a little before (a server that could send only part of
 * it), gets a window of read-ahead behind it, which doubles with every such read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"

#define AHEAD_MIN (2 * CACHE_LINE_BYTES)
#define AHEAD_MAX (16 * CACHE_LINE_BYTES)

struct ext4_file {
	struct file file;
	ext2_ino_t ino;
	struct ext2_inode inode;
	uint64_t size;
	uint64_t at; /* position: of the next read, or in a directory of the next entry */

	struct run run;		       /* the last one used; length 0 at first */
	uint64_t read_begin, read_end; /* of the last read */
	uint64_t ahead_end;	       /* up to where data was asked for */
	size_t window;

	char *block; /* of a directory: fs->blocksize bytes, with the logical block `loaded` */
	uint64_t loaded;
};

static struct ext4_file *of(struct file *f)
{
	return (struct ext4_file *)f;
}

static int run_at(struct ext4_file *f, uint64_t logical)
{
	if (logical >= f->run.logical && logical - f->run.logical < f->run.length)
		return 0;
	ext4_lock();
	int error = map_run(f->ino, &f->inode, logical, &f->run);
	ext4_unlock();
	if (error)
		f->run.length = 0;
	return error;
}

/* Within one run: how many bytes there are from `at` on, and where on the disk. */
static uint64_t run_bytes(const struct ext4_file *f, uint64_t at, uint64_t *disk_offset)
{
	const uint64_t block_size = ext4.fs->blocksize;
	const uint64_t skip = at / block_size - f->run.logical;
	const uint64_t in_block = at % block_size;
	*disk_offset = (f->run.physical + skip) * block_size + in_block;
	uint64_t bytes;
	if (__builtin_mul_overflow(f->run.length - skip, block_size, &bytes))
		bytes = UINT64_MAX;
	return bytes - in_block;
}

static int read_piece(struct ext4_file *f, char *buf, size_t len, uint64_t at, size_t *done)
{
	int error = run_at(f, at / ext4.fs->blocksize);
	if (error)
		return error;
	uint64_t disk_offset;
	const uint64_t there = run_bytes(f, at, &disk_offset);
	*done = there < len ? (size_t)there : len;
	if (f->run.hole) {
		memset(buf, 0, *done);
		return 0;
	}
	if (cache_read(ext4.cache, disk_offset, buf, *done))
		return ext4_error(EXT2_ET_SHORT_READ, f->ino, "data");
	return 0;
}

static ssize_t read_at(struct ext4_file *f, char *buf, size_t len, uint64_t at)
{
	if (at >= f->size)
		return 0;
	if (len > f->size - at)
		len = (size_t)(f->size - at);
	size_t total = 0;
	while (total < len) {
		size_t done;
		int error = read_piece(f, buf + total, len - total, at + total, &done);
		if (error)
			return total ? (ssize_t)total : error;
		total += done;
	}
	return (ssize_t)total;
}

/* After a read of [at, end): fetches what follows if this goes on as it began. */
static void read_on(struct ext4_file *f, uint64_t at, uint64_t end)
{
	const bool sequential = at >= f->read_begin && at <= f->read_end;
	const bool news = end > f->read_end;
	f->read_begin = at;
	f->read_end = end;
	if (!sequential || end >= f->size)
		f->window = 0;
	if (!sequential || !news || end >= f->size)
		return;
	size_t most = cache_bytes(ext4.cache) / 4;
	if (most > AHEAD_MAX)
		most = AHEAD_MAX;
	f->window = f->window ? f->window * 2 : AHEAD_MIN;
	if (f->window > most)
		f->window = most;
	if (f->ahead_end < end || f->ahead_end > end + f->window)
		f->ahead_end = end;
	if (f->ahead_end - end > f->window / 2 || run_at(f, f->ahead_end / ext4.fs->blocksize) ||
	    f->run.hole)
		return;
	uint64_t disk_offset, bytes = run_bytes(f, f->ahead_end, &disk_offset);
	const uint64_t wanted = end + f->window - f->ahead_end;
	if (bytes > wanted)
		bytes = wanted;
	cache_read_ahead(ext4.cache, disk_offset, (size_t)bytes);
	f->ahead_end += bytes;
}

static ssize_t ext4_pread(struct file *file, void *buf, size_t len, off_t at)
{
	struct ext4_file *f = of(file);
	if (f->block)
		return -EISDIR;
	ssize_t n = read_at(f, buf, len, (uint64_t)at);
	if (n > 0)
		read_on(f, (uint64_t)at, (uint64_t)at + (uint64_t)n);
	return n;
}

static ssize_t ext4_read(struct file *file, void *buf, size_t len)
{
	struct ext4_file *f = of(file);
	ssize_t n = ext4_pread(file, buf, len, (off_t)f->at);
	if (n > 0)
		f->at += (uint64_t)n;
	return n;
}

static off_t ext4_lseek(struct file *file, off_t offset, int whence)
{
	struct ext4_file *f = of(file);
	off_t base = 0, at;
	if (whence == SEEK_CUR)
		base = (off_t)f->at;
	else if (whence == SEEK_END)
		base = (off_t)f->size;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, offset, &at))
		return -EOVERFLOW;
	/* A directory's positions mean nothing but its start. */
	if (at < 0 || (f->block && at != 0))
		return -EINVAL;
	f->at = (uint64_t)at;
	return at;
}

static int ext4_fstat(struct file *file, struct stat *st)
{
	inode_stat(of(file)->ino, &of(file)->inode, st);
	return 0;
}

static int ext4_readdir(struct file *file, struct dirent *dirent)
{
	static const unsigned char types[] = {
		[EXT2_FT_UNKNOWN] = DT_UNKNOWN, [EXT2_FT_REG_FILE] = DT_REG,
		[EXT2_FT_DIR] = DT_DIR,		[EXT2_FT_CHRDEV] = DT_CHR,
		[EXT2_FT_BLKDEV] = DT_BLK,	[EXT2_FT_FIFO] = DT_FIFO,
		[EXT2_FT_SOCK] = DT_SOCK,	[EXT2_FT_SYMLINK] = DT_LNK,
	};
	struct ext4_file *f = of(file);
	if (!f->block)
		return -ENOTDIR;
	struct entry entry;
	ext4_lock();
	int more = directory_next(f->ino, &f->inode, f->at, f->block, &f->loaded, &entry);
	ext4_unlock();
	if (more <= 0)
		return more;
	f->at = entry.next;
	dirent->d_ino = entry.ino;
	dirent->d_type = types[entry.type];
	memcpy(dirent->d_name, entry.name, entry.name_len);
	dirent->d_name[entry.name_len] = '\0';
	return 1;
}

static int ext4_close(struct file *file)
{
	heap_free(of(file)->block);
	heap_free(file);
	return 0;
}

static const struct file_ops ext4_ops = {
	.read = ext4_read,
	.pread = ext4_pread,
	.lseek = ext4_lseek,
	.fstat = ext4_fstat,
	.readdir = ext4_readdir,
	.close = ext4_close,
};

static int walk(const char *path, bool follow, ext2_ino_t *ino, struct ext2_inode *inode)
{
	ext4_lock();
	int error = path_walk(path, follow, ino, inode);
	ext4_unlock();
	return error;
}

/* May what is there be opened with these flags? */
static int open_check(const struct ext2_inode *inode, int flags)
{
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (LINUX_S_ISLNK(inode->i_mode)) /* only with O_NOFOLLOW */
		return -ELOOP;
	const bool directory = LINUX_S_ISDIR(inode->i_mode);
	if ((flags & O_DIRECTORY) && !directory)
		return -ENOTDIR;
	if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		return directory ? -EISDIR : -EROFS;
	if (!directory && !LINUX_S_ISREG(inode->i_mode))
		return -ENXIO; /* devices, pipes and sockets have nobody behind them here */
	return 0;
}

static int ext4_open(const char *path, int flags, struct file **out)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	int error = walk(path, !(flags & O_NOFOLLOW), &ino, &inode);
	if (error == -ENOENT && (flags & O_CREAT))
		error = -EROFS;
	if (!error)
		error = open_check(&inode, flags);
	if (error)
		return error;
	struct ext4_file *f = heap_zalloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	file_init(&f->file, &ext4_ops, flags & (O_ACCMODE | O_NONBLOCK | O_APPEND));
	f->ino = ino;
	f->inode = inode;
	f->size = inode_size(&inode);
	f->loaded = UINT64_MAX;
	if (LINUX_S_ISDIR(inode.i_mode)) {
		f->block = heap_alloc(ext4.fs->blocksize);
		if (!f->block) {
			heap_free(f);
			return -ENOMEM;
		}
	}
	*out = &f->file;
	return 0;
}

static int ext4_stat(const char *path, struct stat *st, bool follow)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	int error = walk(path, follow, &ino, &inode);
	if (!error)
		inode_stat(ino, &inode, st);
	return error;
}

static ssize_t ext4_readlink(const char *path, char *buf, size_t len)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	ext4_lock();
	int n = path_walk(path, false, &ino, &inode);
	if (!n)
		n = LINUX_S_ISLNK(inode.i_mode) ? symlink_read(ino, &inode, buf, len) : -EINVAL;
	ext4_unlock();
	return n;
}

const struct file_tree ext4_tree = {
	.open = ext4_open,
	.stat = ext4_stat,
	.readlink = ext4_readlink,
};
