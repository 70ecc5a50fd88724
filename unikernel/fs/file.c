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
#include "unikernel/fs/file.h"

#define AHEAD_MIN (2 * CACHE_LINE_BYTES)
#define AHEAD_MAX (16 * CACHE_LINE_BYTES)

static int run_at(struct ext4_file *f, uint64_t logical)
{
	if (f->generation == f->inode->generation && logical >= f->run.logical &&
	    logical - f->run.logical < f->run.length)
		return 0;
	ext4_lock();
	int error = map_run(f->inode->ino, inode_raw(f->inode), logical, &f->run);
	f->generation = f->inode->generation;
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
		return ext4_error(EXT2_ET_SHORT_READ, f->inode->ino, "data");
	return 0;
}

static ssize_t read_at(struct ext4_file *f, char *buf, size_t len, uint64_t at)
{
	const uint64_t size = file_size(f);
	if (at >= size)
		return 0;
	if (len > size - at)
		len = (size_t)(size - at);
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
	const uint64_t size = file_size(f);
	f->read_begin = at;
	f->read_end = end;
	/* What is read at a stroke goes past the cache, without a copy, as will what follows. */
	const bool at_a_stroke = end - at >= AHEAD_MAX;
	if (!sequential || at_a_stroke || end >= size)
		f->window = 0;
	if (!sequential || at_a_stroke || !news || end >= size)
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
		base = (off_t)file_size(f);
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, offset, &at))
		return -EOVERFLOW;
	if (at < 0)
		return -EINVAL;
	f->at = (uint64_t)at;
	return at;
}

static int ext4_fstat(struct file *file, struct stat *st)
{
	inode_stat(of(file)->inode->ino, &of(file)->inode->raw, st);
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
	if (f->generation != f->inode->generation)
		f->loaded = UINT64_MAX;
	f->generation = f->inode->generation;
	int more = directory_next(f->inode->ino, inode_raw(f->inode), f->at, f->block, &f->loaded,
				  &entry);
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
	struct ext4_file *f = of(file);
	const bool wrote = (file->flags & O_ACCMODE) != O_RDONLY;
	const int status = wrote && f->failures != cache_failures(ext4.cache) ? -EIO : 0;
	ext4_lock();
	inode_put(f->inode);
	ext4_unlock();
	heap_free(f->block);
	heap_free(f);
	return status;
}

static const struct file_ops ext4_ops = {
	.read = ext4_read,
	.write = file_write,
	.pread = ext4_pread,
	.pwrite = file_pwrite,
	.lseek = ext4_lseek,
	.truncate = file_truncate,
	.sync = file_sync,
	.chmod = file_chmod,
	.utimens = file_utimens,
	.fstat = ext4_fstat,
	.readdir = ext4_readdir,
	.close = ext4_close,
};

/* May what is there be opened with these flags? */
static int open_check(const struct inode *inode, int flags)
{
	const uint16_t mode = inode->raw.i_mode;
	if (LINUX_S_ISLNK(mode)) /* only with O_NOFOLLOW */
		return -ELOOP;
	const bool directory = LINUX_S_ISDIR(mode);
	if ((flags & O_DIRECTORY) && !directory)
		return -ENOTDIR;
	const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
	if (directory)
		return writes || (flags & O_CREAT) ? -EISDIR : 0;
	if (!LINUX_S_ISREG(mode))
		return -ENXIO; /* devices, pipes and sockets have nobody behind them here */
	if (writes && !ext4.writable)
		return -EROFS;
	if (writes && (inode->raw.i_flags & (EXT2_IMMUTABLE_FL | EXT4_VERITY_FL)))
		return -EPERM;
	return 0;
}

static int file_new(struct inode *inode, int flags, struct file **out)
{
	struct ext4_file *f = heap_zalloc(sizeof(*f));
	if (!f)
		return -ENOMEM;
	if (inode_is_directory(inode)) {
		f->block = heap_alloc(ext4.fs->blocksize);
		if (!f->block) {
			heap_free(f);
			return -ENOMEM;
		}
	}
	file_init(&f->file, &ext4_ops, flags & (O_ACCMODE | O_NONBLOCK | O_APPEND));
	f->inode = inode;
	f->failures = cache_failures(ext4.cache);
	f->loaded = UINT64_MAX;
	*out = &f->file;
	return 0;
}

/* Under the lock: what is there, as it is. */
static int path_get(const char *path, bool follow, struct inode **out)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	int error = path_walk(path, follow, &ino, &inode);
	return error ? error : inode_get(ino, out);
}

static int open_locked(const char *path, int flags, mode_t mode, struct file **out)
{
	struct inode *inode;
	bool made = false;
	int error = flags & O_CREAT ? name_create(path, flags, mode, &inode, &made)
				    : path_get(path, !(flags & O_NOFOLLOW), &inode);
	if (error)
		return error;
	if (!made)
		error = open_check(inode, flags);
	if (!error && !made && (flags & O_TRUNC))
		error = inode_truncate(inode, 0);
	if (!error)
		error = file_new(inode, flags, out);
	if (error)
		inode_put(inode);
	return error;
}

static int ext4_open(const char *path, int flags, mode_t mode, struct file **out)
{
	ext4_lock();
	int error = open_locked(path, flags, mode, out);
	ext4_unlock();
	return error;
}

static int ext4_stat(const char *path, struct stat *st, bool follow)
{
	ext2_ino_t ino;
	struct ext2_inode inode;
	struct ext2_inode_large large;
	ext4_lock();
	int error = path_walk(path, follow, &ino, &inode);
	if (!error)
		error = inode_read_large(ino, false, &large);
	ext4_unlock();
	if (!error)
		inode_stat(ino, &large, st);
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
	.unlink = name_unlink,
	.mkdir = name_mkdir,
	.rmdir = name_rmdir,
	.rename = name_rename,
	.link = name_link,
	.symlink = name_symlink,
	.truncate = path_truncate,
	.chmod = path_chmod,
	.utimens = path_utimens,
	.statvfs = tree_statvfs,
	.sync = tree_sync,
};
