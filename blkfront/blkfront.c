/* SPDX-License-Identifier: BSD-2-Clause */
/* The control plane: which disks there are, and how each comes and goes. */
#include "blkfront/blkfront.h"

#include <string.h>
#include <xen/io/protocols.h>

#include "blkfront/device.h"
#include "blkfront/name.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"

/* --- what the bus calls ------------------------------------------------------------------ */

static int blkfront_probe(struct xenbus_device *dev)
{
	struct blkfront *bf = heap_zalloc(sizeof(*bf));

	if (bf == NULL)
		return -ENOMEM;
	bf->device = dev;
	bf->queue_end = &bf->queue;
	bf->info.sector_size = RING_SECTOR;
	vbd_name(bf->info.name, sizeof(bf->info.name), dev->id);
	dev->driver_data = bf;
	return 0;
}

static int blkfront_publish(struct xenbus_device *dev, struct xenbus_property node[])
{
	struct blkfront *bf = dev->driver_data;
	int error = ring_open(bf);

	if (error == 0)
		error = xenbus_channel_open(&bf->channel, dev->backend_id, ring_serve, bf);
	if (error != 0)
		return error;

	const struct xenbus_property published[] = {
		{.name = "ring-ref", .value = bf->ring_page.ref},
		{.name = "event-channel", .value = bf->channel.port},
		{.name = "protocol", .text = XEN_IO_PROTO_ABI_X86_64},
	};
	memcpy(node, published, sizeof(published));
	return sizeof(published) / sizeof(published[0]);
}

/* The backend has opened its disk, and now tells what it is like. */
static int blkfront_connect(struct xenbus_device *dev)
{
	enum { SECTORS, SECTOR_SIZE, INFO, FLUSH, BARRIER, PROPERTIES };
	struct blkfront *bf = dev->driver_data;
	struct xenbus_property node[PROPERTIES] = {
		[SECTORS] = {.name = "sectors"},
		[SECTOR_SIZE] = {.name = "sector-size", .value = RING_SECTOR},
		[INFO] = {.name = "info"},
		[FLUSH] = {.name = "feature-flush-cache"},
		[BARRIER] = {.name = "feature-barrier"},
	};
	int error = xenbus_read_all(dev->backend, node, PROPERTIES);

	if (error == 0)
		error = node[SECTORS].error;
	if (error != 0)
		return error;

	uint64_t sector_size = node[SECTOR_SIZE].value;
	if (sector_size < RING_SECTOR || sector_size > PAGE_SIZE ||
	    (sector_size & (sector_size - 1)) != 0 ||
	    node[SECTORS].value > UINT64_MAX / RING_SECTOR) {
		log_error("blkfront: %s: %llu sectors, sector size %llu: not a disk", bf->info.name,
			  (unsigned long long)node[SECTORS].value, (unsigned long long)sector_size);
		return -EINVAL;
	}
	bf->info.sector_size = (uint32_t)sector_size;
	bf->info.sectors = node[SECTORS].value * RING_SECTOR / sector_size;
	bf->info.readonly = (node[INFO].value & VDISK_READONLY) != 0;
	bf->info.flush = node[FLUSH].value != 0 || node[BARRIER].value != 0;
	/* A barrier without data does all that a flush does, and more. */
	bf->flush_operation =
		node[FLUSH].value != 0 ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_WRITE_BARRIER;
	bf->info.connected = true;
	bf->stats.connections++;
	ring_pump(bf);
	return 0;
}

static void blkfront_stop(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	if (!bf->info.connected)
		return;
	bf->info.connected = false;
	timer_cancel(&bf->again);
	ring_requeue(bf);
}

static void blkfront_release(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	xenbus_channel_close(&bf->channel);
	ring_close(bf);
}

static void blkfront_removed(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	bf->removed = true;
	queue_fail(bf, -EIO);
	bf->stats.violations = dev->violations;
	bf->device = NULL;
	/* Whoever has opened it may ask it for something yet. */
	if (bf->opened)
		return;
	timer_cancel(&bf->watchdog);
	heap_free(bf);
}

static struct xenbus_driver blkfront_driver = {
	.type = "vbd",
	.published = XenbusStateInitialised,
	.probe = blkfront_probe,
	.publish = blkfront_publish,
	.connect = blkfront_connect,
	.stop = blkfront_stop,
	.release = blkfront_release,
	.removed = blkfront_removed,
};

static int blkfront_init(void)
{
	xenbus_driver_register(&blkfront_driver);
	return 0;
}
INIT(INIT_DRIVER, blkfront_init);

/* --- what the user calls ----------------------------------------------------------------- */

struct blkfront *blkfront_open(unsigned int index)
{
	struct xenbus_device *dev = xenbus_device_find(&blkfront_driver, index);

	struct blkfront *bf = dev != NULL ? dev->driver_data : NULL;

	if (bf != NULL)
		bf->opened = true;
	return bf;
}

struct blkfront *blkfront_open_name(const char *name)
{
	struct xenbus_device *dev;

	for (unsigned int i = 0; (dev = xenbus_device_find(&blkfront_driver, i)) != NULL; i++) {
		struct blkfront *bf = dev->driver_data;

		if (strcmp(bf->info.name, name) == 0)
			return blkfront_open(i);
	}
	return NULL;
}

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info)
{
	*info = bf->info;
}

void blkfront_stats(const struct blkfront *bf, struct blkfront_stats *stats)
{
	*stats = bf->stats;
	stats->events = bf->channel.events;
	stats->notifies = bf->channel.notifies;
	if (bf->device != NULL)
		stats->violations = bf->device->violations;
}
