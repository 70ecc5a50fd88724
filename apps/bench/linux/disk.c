/* SPDX-License-Identifier: BSD-2-Clause */
/* A block device or a file, past the page cache. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/bench/platform.h"

struct disk {
	int fd;
};

const char *disk_open(const char *name, struct disk **disk, uint64_t *bytes)
{
	const int fd = open(name, O_RDWR | O_DIRECT | O_CLOEXEC);
	const off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;

	*disk = end >= 0 ? malloc(sizeof(**disk)) : NULL;
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
	if (disk)
		close(disk->fd);
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
