/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libext2fs's window on the disk: an io_manager whose blocks are those of block.c.  What it writes
 * becomes part of the running transaction.
 */
#include "unikernel/fs/io.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/fs/ext4.h"

static errcode_t io_open(const char *name, int flags, io_channel *channel)
{
	(void)name;
	if (flags & IO_FLAG_RW)
		return EXT2_ET_RO_FILSYS;
	io_channel io = heap_zalloc(sizeof(*io));
	if (!io)
		return EXT2_ET_NO_MEMORY;
	io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
	io->manager = &disk_io_manager;
	io->block_size = 1024;
	io->refcount = 1;
	*channel = io;
	return 0;
}

static errcode_t io_close(io_channel io)
{
	if (--io->refcount == 0)
		heap_free(io);
	return 0;
}

static errcode_t io_set_blksize(io_channel io, int bytes)
{
	io->block_size = bytes;
	return 0;
}

/* count: blocks, or, negative, bytes; blocks of the file system's size are asked for one by one. */
static errcode_t io_read_blk64(io_channel io, unsigned long long block, int count, void *data)
{
	const uint64_t block_size = (unsigned int)io->block_size;
	if (count > 0 && ext4.fs && block_size == ext4.fs->blocksize) {
		for (int i = 0; i < count; i++)
			if (block_read(block + (unsigned int)i,
				       (char *)data + (size_t)i * block_size))
				return EXT2_ET_SHORT_READ;
		return 0;
	}
	const uint64_t bytes = count < 0 ? -(uint64_t)count : (uint64_t)count * block_size;
	uint64_t offset;
	if (__builtin_mul_overflow(block, block_size, &offset) ||
	    cache_read(ext4.cache, offset, data, bytes))
		return EXT2_ET_SHORT_READ;
	return 0;
}

static errcode_t io_read_blk(io_channel io, unsigned long block, int count, void *data)
{
	return io_read_blk64(io, block, count, data);
}

static errcode_t io_write_blk64(io_channel io, unsigned long long block, int count,
				const void *data)
{
	(void)io;
	if (!ext4.writable || count != 1)
		return EXT2_ET_RO_FILSYS;
	void *changed = block_edit(block);
	if (!changed)
		return EXT2_ET_SHORT_WRITE;
	memcpy(changed, data, ext4.fs->blocksize);
	return 0;
}

static errcode_t io_write_blk(io_channel io, unsigned long block, int count, const void *data)
{
	return io_write_blk64(io, block, count, data);
}

static errcode_t io_flush(io_channel io)
{
	(void)io;
	return 0;
}

static errcode_t io_cache_readahead(io_channel io, unsigned long long block,
				    unsigned long long count)
{
	uint64_t offset, bytes;
	const uint64_t block_size = (unsigned int)io->block_size;
	if (!__builtin_mul_overflow(block, block_size, &offset) &&
	    !__builtin_mul_overflow(count, block_size, &bytes))
		cache_read_ahead(ext4.cache, offset, bytes);
	return 0;
}

struct struct_io_manager disk_io_manager = {
	.magic = EXT2_ET_MAGIC_IO_MANAGER,
	.name = "blkfront",
	.open = io_open,
	.close = io_close,
	.set_blksize = io_set_blksize,
	.read_blk = io_read_blk,
	.read_blk64 = io_read_blk64,
	.write_blk = io_write_blk,
	.write_blk64 = io_write_blk64,
	.flush = io_flush,
	.cache_readahead = io_cache_readahead,
};
