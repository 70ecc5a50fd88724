/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing into files.
 *
 * Blocks are found for as much of a write as lies in a row, entered into the file, and filled, in
 * this order but within one transaction, so that no crash shows a block with what was in it before.
 * Bytes behind the end of a file are never looked at: they are zeroed when the end moves beyond them.
 */
#include <errno.h>
#include <fcntl.h>

#include "unikernel/fs/file.h"
#include "unikernel/fs/group.h"

static uint64_t size_most(const struct inode *inode)
{
	const uint64_t block_size = ext4.fs->blocksize;
	if (inode->raw.i_flags & EXT4_EXTENTS_FL)
		return UINT32_MAX * block_size;
	const unsigned int bits = EXT2_BLOCK_SIZE_BITS(ext4.fs->super) - 2;
	const uint64_t blocks = EXT2_NDIR_BLOCKS + ((uint64_t)1 << bits) +
				((uint64_t)1 << 2 * bits) + ((uint64_t)1 << 3 * bits);
	return blocks * block_size;
}

/* From the old end of the file to the end of its block, or to `to` if that comes first. */
static int tail_zero(struct inode *inode, uint64_t to)
{
	const uint64_t size = inode_size(inode_raw(inode)), block_size = ext4.fs->blocksize;
	struct run run;
	if (to <= size || size % block_size == 0)
		return 0;
	int error = map_run(inode->ino, inode_raw(inode), size / block_size, &run);
	if (error || run.hole)
		return error;
	uint64_t bytes = block_size - size % block_size;
	if (bytes > to - size)
		bytes = to - size;
	return cache_zero(ext4.cache, run.physical * block_size + size % block_size, bytes);
}

/* Part of a write, in a row on the disk. */
struct piece {
	const char *buf;
	uint64_t at, offset; /* in the file; on the disk */
	size_t len;
	bool fresh; /* its blocks are new */
	bool later; /* nothing but these bytes changes */
};

/* What is to be there before the file's end moves. */
static int piece_fill(struct inode *inode, const struct piece *p)
{
	const uint64_t block_size = ext4.fs->blocksize;
	const uint64_t in = p->at % block_size, end = p->at + p->len;
	int error = tail_zero(inode, p->at);
	if (!error && p->fresh && in)
		error = cache_zero(ext4.cache, p->offset - in, in);
	if (!error && p->fresh && end % block_size)
		error = cache_zero(ext4.cache, p->offset + p->len, block_size - end % block_size);
	if (!error && !p->later)
		error = cache_write(ext4.cache, p->offset, p->buf, p->len);
	return error;
}

/* The disk has refused the data: behind the file's end the blocks go again, and all is as it was. */
static int piece_undo(struct inode *inode, const struct piece *p)
{
	const uint64_t block_size = ext4.fs->blocksize;
	const uint64_t blocks = (inode_size(inode_raw(inode)) + block_size - 1) / block_size;
	if (!p->fresh)
		return 0;
	return p->at / block_size >= blocks && map_cut(inode, blocks) == 0 ? 0 : -EIO;
}

/* In a transaction.  *status: of the data. */
static int piece_write(struct inode *inode, struct piece *p, int *status)
{
	const uint64_t block_size = ext4.fs->blocksize, size = inode_size(inode_raw(inode));
	const uint64_t in = p->at % block_size;
	struct run run;
	if (p->at >= size_most(inode))
		return -EFBIG;
	if (p->len > size_most(inode) - p->at)
		p->len = (size_t)(size_most(inode) - p->at);
	int error = map_allocate(inode, p->at / block_size,
				 (in + p->len + block_size - 1) / block_size, &run, &p->fresh);
	if (error)
		return error;
	if (p->len > run.length * block_size - in)
		p->len = (size_t)(run.length * block_size - in);
	p->offset = run.physical * block_size + in;
	p->later = !p->fresh && p->at + p->len <= size;
	*status = piece_fill(inode, p);
	if (*status)
		return piece_undo(inode, p);
	if (inode_dirty(inode, p->later))
		return -EIO;
	if (p->at + p->len > size)
		inode_set_size(inode, p->at + p->len);
	inode_touch(inode, INODE_MTIME | INODE_CTIME);
	return 0;
}

/* Under the lock, which what is only written over does not need. */
static ssize_t write_some(struct ext4_file *f, const char *buf, size_t len, uint64_t at)
{
	struct piece piece = {.buf = buf, .len = len, .at = at};
	int status = 0;
	int error = transaction_begin();
	if (!error)
		error = transaction_end(piece_write(f->inode, &piece, &status));
	if (error || status)
		return error ? error : status;
	if (piece.later) {
		ext4_unlock();
		status = cache_write(ext4.cache, piece.offset, buf, piece.len);
		ext4_lock();
	}
	return status ? status : (ssize_t)piece.len;
}

static ssize_t write_at(struct ext4_file *f, const char *buf, size_t len, off_t at, bool append)
{
	if (f->block)
		return -EISDIR;
	if (len > SIZE_MAX / 2)
		len = SIZE_MAX / 2;
	ext4_lock();
	uint64_t to = append ? file_size(f) : (uint64_t)at;
	size_t done = 0;
	ssize_t n = 0;
	while (done < len) {
		n = write_some(f, buf + done, len - done, to);
		if (n == -ENOSPC && space_reclaim())
			n = write_some(f, buf + done, len - done, to);
		if (n < 0)
			break;
		done += (size_t)n;
		to += (size_t)n;
	}
	ext4_unlock();
	if (append)
		f->at = to;
	return done ? (ssize_t)done : n;
}

ssize_t file_pwrite(struct file *file, const void *buf, size_t len, off_t at)
{
	return write_at(of(file), buf, len, at, false);
}

ssize_t file_write(struct file *file, const void *buf, size_t len)
{
	struct ext4_file *f = of(file);
	const bool append = file->flags & O_APPEND;
	ssize_t n = write_at(f, buf, len, (off_t)f->at, append);
	if (n > 0 && !append)
		f->at += (uint64_t)n;
	return n;
}

int inode_truncate(struct inode *inode, uint64_t size)
{
	const uint64_t was = inode_size(inode_raw(inode));
	int error = size > size_most(inode) ? -EFBIG : transaction_begin();
	if (error)
		return error;
	inode->generation++;
	error = tail_zero(inode, size) ? -EIO : inode_dirty(inode, false);
	const bool cut = size < was && inode->raw.i_links_count;
	if (!error && cut)
		error = orphan_add(inode);
	if (!error) {
		inode_set_size(inode, size);
		inode_touch(inode, INODE_MTIME | INODE_CTIME);
	}
	error = transaction_end(error);
	return !error && size < was ? inode_cut_to_size(inode) : error;
}

int file_truncate(struct file *file, off_t size)
{
	struct ext4_file *f = of(file);
	if (f->block)
		return -EISDIR;
	ext4_lock();
	int error = inode_truncate(f->inode, (uint64_t)size);
	ext4_unlock();
	return error;
}

int file_sync(struct file *file, bool data_only)
{
	struct ext4_file *f = of(file);
	ext4_lock();
	int error = 0;
	if (data_only && ext4.writable && !f->inode->needs_commit) {
		error = cache_write_back(ext4.cache);
		if (!error)
			error = cache_flush(ext4.cache);
	} else {
		error = transaction_commit();
	}
	ext4_unlock();
	if (f->failures != cache_failures(ext4.cache)) {
		f->failures = cache_failures(ext4.cache);
		error = -EIO;
	}
	return error;
}
