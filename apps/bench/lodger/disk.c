/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk below the file system: blkfront's blocking calls. */
#include "apps/bench/platform.h"

#include <stdlib.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define DEVICES_WAIT (10 * TIME_S)

struct disk {
	struct blkfront *front;
};

const char *disk_open(const char *name, struct disk **disk, uint64_t *bytes)
{
	struct blkfront_info info;
	struct blkfront *front;

	if (xenbus_devices_ready(time_in(DEVICES_WAIT)) != 0)
		return "the devices of this domain do not connect";
	front = blkfront_open_name(name);
	if (!front)
		return "this domain has no disk of that name";
	blkfront_info(front, &info);
	if (!info.connected)
		return "the disk is not connected";
	if (info.readonly)
		return "the disk is read-only";
	*disk = calloc(1, sizeof(**disk));
	if (!*disk)
		return "there is no memory for it";
	(*disk)->front = front;
	*bytes = info.sectors * info.sector_size;
	return NULL;
}

void disk_close(struct disk *disk)
{
	free(disk);
}

bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t len)
{
	return blkfront_read(disk->front, offset, data, len) == 0;
}

bool disk_write(struct disk *disk, uint64_t offset, const void *data, size_t len)
{
	return blkfront_write(disk->front, offset, data, len) == 0;
}
