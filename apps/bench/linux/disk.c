/* SPDX-License-Identifier: BSD-2-Clause */
/* A block device or a file, past the page cache. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "apps/bench/platform.h"

#define PATIENCE_S 10

struct disk {
	int fd;
	aio_context_t aio; /* 0: none yet */
	struct iocb block[DISK_DEPTH_MAX];
};

const char *disk_open(const char *name, struct disk **disk, uint64_t *bytes)
{
	const int fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
	const off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;

	*disk = end >= 0 ? calloc(1, sizeof(**disk)) : NULL;
	if (!*disk) {
		if (fd >= 0)
			close(fd);
		return "the disk cannot be opened for O_DIRECT";
	}
	(*disk)->fd = fd;
	*bytes = (uint64_t)end;
	return NULL;
}

void disk_close(struct disk *disk)
{
	if (disk) {
		syscall(SYS_io_destroy, disk->aio);
		close(disk->fd);
	}
	free(disk);
}

bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t len)
{
	return pread(disk->fd, data, len, (off_t)offset) == (ssize_t)len;
}

bool disk_write(struct disk *disk, uint64_t offset, const void *data, size_t len)
{
	return pwrite(disk->fd, data, len, (off_t)offset) == (ssize_t)len;
}

/* Submits as many of the blocks as are still wanted; how many, or -1. */
static int submit(struct disk *disk, const struct disk_load *load, struct iocb *block[],
		  unsigned int count, unsigned int wanted)
{
	if (count > wanted)
		count = wanted;
	for (unsigned int i = 0; i < count; i++) {
		const size_t index = (size_t)(block[i] - disk->block);

		*block[i] = (struct iocb){
			.aio_lio_opcode = load->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
			.aio_fildes = (uint32_t)disk->fd,
			.aio_buf = (uintptr_t)(load->memory + index * DISK_BLOCK),
			.aio_nbytes = DISK_BLOCK,
			.aio_offset = (int64_t)load->next(load->context),
			.aio_data = (uintptr_t)block[i],
		};
	}
	if (count > 0 && syscall(SYS_io_submit, disk->aio, count, block) != (long)count)
		return -1;
	return (int)count;
}

/* Waits for some that are done; their blocks, how many, or -1. */
static int reap(struct disk *disk, struct iocb *block[])
{
	struct timespec patience = {.tv_sec = PATIENCE_S};
	struct io_event event[DISK_DEPTH_MAX];
	const long done = syscall(SYS_io_getevents, disk->aio, 1, DISK_DEPTH_MAX, event, &patience);

	for (long i = 0; i < done; i++) {
		if (event[i].res != (int64_t)DISK_BLOCK)
			return -1;
		block[i] = (struct iocb *)(uintptr_t)event[i].data;
	}
	return done > 0 ? (int)done : -1;
}

bool disk_transfer_many(struct disk *disk, const struct disk_load *load)
{
	struct iocb *block[DISK_DEPTH_MAX];
	unsigned int submitted = 0, done = 0;
	int free_blocks = (int)load->depth;

	if (disk->aio == 0 && syscall(SYS_io_setup, DISK_DEPTH_MAX, &disk->aio) != 0)
		return false;
	for (unsigned int i = 0; i < load->depth; i++)
		block[i] = &disk->block[i];
	for (;;) {
		const int more = submit(disk, load, block, (unsigned int)free_blocks,
					load->count - submitted);

		if (more < 0)
			return false;
		submitted += (unsigned int)more;
		if (done == submitted)
			return true;
		free_blocks = reap(disk, block);
		if (free_blocks < 0)
			return false;
		done += (unsigned int)free_blocks;
	}
}
