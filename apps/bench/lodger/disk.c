/* SPDX-License-Identifier: BSD-2-Clause */
/* The disk below the file system: blkfront, blocking and not. */
#include "apps/bench/platform.h"

#include <stdlib.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/device.h"

#define DEVICES_WAIT (10 * TIME_S)

struct disk {
	struct blkfront *front;
	struct blkfront_request request[DISK_DEPTH_MAX];
	const struct disk_load *load; /* under way */
	unsigned int submitted, done;
	bool failed;
	struct waitq ended;
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

static void on_done(struct blkfront_request *request, int status);

static void submit(struct disk *disk, struct blkfront_request *request)
{
	const struct disk_load *load = disk->load;
	const size_t index = (size_t)(request - disk->request);

	*request = (struct blkfront_request){
		.op = load->write ? BLKFRONT_WRITE : BLKFRONT_READ,
		.offset = load->next(load->context),
		.data = load->memory + index * DISK_BLOCK,
		.len = DISK_BLOCK,
		.done = on_done,
		.context = disk,
	};
	disk->submitted++;
	if (blkfront_submit(disk->front, request) != 0) {
		disk->failed = true;
		disk->done++;
	}
}

/* Once for each request, whatever becomes of it; the next takes its place. */
static void on_done(struct blkfront_request *request, int status)
{
	struct disk *disk = request->context;

	disk->done++;
	if (status != 0)
		disk->failed = true;
	if (disk->submitted < disk->load->count && !disk->failed)
		submit(disk, request);
	if (disk->done == disk->submitted)
		waitq_wake_all(&disk->ended);
}

bool disk_transfer_many(struct disk *disk, const struct disk_load *load)
{
	disk->load = load;
	disk->submitted = disk->done = 0;
	disk->failed = false;
	for (unsigned int i = 0; i < load->depth && i < load->count; i++)
		submit(disk, &disk->request[i]);
	/* blkfront ends every request in bounded time. */
	waitq_wait_until(&disk->ended, disk->done == disk->submitted, TIME_FOREVER);
	return !disk->failed;
}

bool disk_read(struct disk *disk, uint64_t offset, void *data, size_t len)
{
	return blkfront_read(disk->front, offset, data, len) == 0;
}

bool disk_write(struct disk *disk, uint64_t offset, const void *data, size_t len)
{
	return blkfront_write(disk->front, offset, data, len) == 0;
}
