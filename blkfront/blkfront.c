/* SPDX-License-Identifier: BSD-2-Clause */
/* The control plane: which disks there are, and how each comes and goes. */
#include "blkfront/blkfront.h"

#include <errno.h>
#include <string.h>

#include "blkfront/device.h"
#include "blkfront/name.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "xenbus/option.h"

void (*blkfront_arrived_hook)(struct blkfront *bf);

static struct device_indexes indexes;

/* --- what the bus calls ------------------------------------------------------------------ */

static void blkfront_link(struct blkfront *bf, bool up)
{
	if (bf->info.connected == up)
		return;
	bf->info.connected = up;
	if (bf->client != NULL && bf->client->link != NULL)
		bf->client->link(bf->client->context, up);
}

static int blkfront_probe(struct xenbus_device *dev)
{
	struct blkfront *bf = heap_zalloc(sizeof(*bf));
	int error;

	if (bf == NULL)
		return -ENOMEM;
	error = device_index_take(&indexes, &bf->info.index);
	if (error != 0) {
		heap_free(bf);
		return error;
	}
	bf->device = dev;
	bf->info.sector_size = bf->info.physical_sector_size = RING_SECTOR;
	vbd_name(bf->info.name, sizeof(bf->info.name), dev->id);
	vbd_features_configure(bf);
	dev->driver_data = bf;
	return 0;
}

static int blkfront_publish(struct xenbus_device *dev, struct xenbus_property node[])
{
	struct blkfront *bf = dev->driver_data;
	int error = vbd_features_negotiate(bf);

	for (unsigned int i = 0; i < bf->info.features.queues && error == 0; i++)
		error = vbd_queue_open(bf, i);
	return error != 0 ? error : vbd_publish_nodes(bf, node);
}

static void blkfront_resized(struct blkfront *bf, uint64_t before)
{
	if (bf->info.sectors == before)
		return;
	log_info("blkfront: %s: %llu sectors of %u bytes, after %llu", bf->info.name,
		 (unsigned long long)bf->info.sectors, bf->info.sector_size,
		 (unsigned long long)before);
	if (bf->client != NULL && bf->client->resized != NULL)
		bf->client->resized(bf->client->context, bf->info.sectors);
}

/* The back end has opened its disk, and now tells what it is like. */
static int blkfront_connect(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;
	uint64_t before = bf->info.sectors;
	const bool first = bf->stats.connections == 0;
	int error = vbd_read_disk(bf);

	/* No more than a sector, kept for good: blocking calls that end within one find it there. */
	if (error == 0 && bf->edge == NULL)
		bf->edge = heap_alloc(PAGE_SIZE);
	if (error == 0 && bf->edge == NULL)
		error = -ENOMEM;
	if (error != 0)
		return error;
	bf->stats.connections++;
	bf->marks_left = false;
	if (!first)
		blkfront_resized(bf, before);
	blkfront_link(bf, true);
	issue_all(bf);
	if (first && blkfront_arrived_hook != NULL)
		blkfront_arrived_hook(bf);
	return 0;
}

static bool blkfront_mapped(const struct xenbus_device *dev)
{
	const struct blkfront *bf = dev->driver_data;

	for (unsigned int i = 0; i < bf->info.features.queues; i++)
		if (!shared_run_mapped(bf->queue[i]->ring_run))
			return false;
	return true;
}

/* It may have another size: blkback writes that, and its state again to have it looked at. */
static void blkfront_changed(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;
	uint64_t before = bf->info.sectors;
	int error = vbd_read_size(bf);

	if (error == -EINVAL)
		xenbus_device_fail(dev, -EPROTO, "the disk has a size that is impossible");
	if (error != 0)
		return;
	bf->stats.resized += bf->info.sectors != before;
	blkfront_resized(bf, before);
}

static void blkfront_stop(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	if (!bf->info.connected)
		return;
	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		if (bf->queue[i] != NULL)
			vbd_queue_abandon(bf->queue[i]);
	vbd_requests_rewind(bf);
	blkfront_link(bf, false);
}

static void blkfront_release(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		if (bf->queue[i] != NULL)
			vbd_queue_close(bf->queue[i]);
}

static void blkfront_removed(struct xenbus_device *dev)
{
	struct blkfront *bf = dev->driver_data;

	bf->removed = true;
	vbd_requests_fail(bf, -EIO);
	bf->stats.violations = dev->violations;
	bf->device = dev->driver_data = NULL;
	device_index_free(&indexes, bf->info.index);
	blkfront_let_go(bf);
}

/* Its client hears that a disk has been removed when nothing of it is under way. */
void blkfront_let_go(struct blkfront *bf)
{
	const struct blkfront_client *client = bf->client;

	if (!bf->removed || bf->outstanding > 0)
		return;
	bf->client = NULL;
	/* It may close the disk there and then. */
	bf->opened++;
	if (client != NULL && client->removed != NULL)
		client->removed(client->context);
	bf->opened--;
	/* Whoever has opened it may ask it for something yet. */
	if (bf->opened > 0)
		return;
	timer_cancel(&bf->watchdog);
	timer_cancel(&bf->show);
	for (unsigned int i = 0; i < QUEUES_MAX; i++)
		heap_free(bf->queue[i]);
	heap_free(bf->edge);
	heap_free(bf);
}

/*
 * Linux' blkback stays Connected when it is unbound or its module is removed. Bound again it says
 * InitWait and looks at our state; if we have noticed nothing yet that is Connected too, and it maps
 * the rings that are there:
 *
 *	slot	0		1	2
 *	asked	r0		r1	r2
 *	now	answer to r1	r1	r2	r1 was done first, r0 and r2 are under way
 *				^ begins here: does r1 again and never hears of r0
 *
 * r1's page may hold anything by now. So once it has the rings they are offered in a protocol that
 * nobody speaks: it complains of that by name in dom0's log, says Closing, and gets new rings.
 */
#define PROTOCOL_TAKEN "rings-taken-wait-for-new-ones"

static struct xenbus_driver blkfront_driver = {
	.type = "vbd",
	.published = XenbusStateInitialised,
	.connected = {.name = "protocol", .text = PROTOCOL_TAKEN},
	.probe = blkfront_probe,
	.publish = blkfront_publish,
	.mapped = blkfront_mapped,
	.connect = blkfront_connect,
	.changed = blkfront_changed,
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

struct blkfront *blkfront_at(unsigned int index)
{
	struct xenbus_device *dev = xenbus_device_find(&blkfront_driver, index);

	return dev != NULL ? dev->driver_data : NULL;
}

struct blkfront *blkfront_open(unsigned int index)
{
	struct blkfront *bf = blkfront_at(index);

	if (bf != NULL)
		bf->opened++;
	return bf;
}

struct blkfront *blkfront_open_name(const char *name)
{
	struct blkfront *bf;

	for (unsigned int i = 0; (bf = blkfront_at(i)) != NULL; i++)
		if (strcmp(bf->info.name, name) == 0)
			return blkfront_open(i);
	return NULL;
}

void blkfront_close(struct blkfront *bf)
{
	bf->opened--;
	if (bf->opened == 0)
		bf->client = NULL;
	blkfront_let_go(bf);
}

void blkfront_set_client(struct blkfront *bf, const struct blkfront_client *client)
{
	bf->client = client;
	if (bf->info.connected && client != NULL && client->link != NULL)
		client->link(client->context, true);
}

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info)
{
	*info = bf->info;
}

void blkfront_stats(const struct blkfront *bf, struct blkfront_stats *stats)
{
	*stats = bf->stats;
	if (bf->device != NULL)
		stats->violations = bf->device->violations;
	for (unsigned int i = 0; i < QUEUES_MAX; i++) {
		const struct blkfront_queue *queue = bf->queue[i];

		if (queue == NULL)
			continue;
		stats->events += queue->channel.events;
		stats->notifies += queue->channel.notifies;
		stats->grants_kept += queue->pool.count;
	}
}
