/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a front end writes to its directory in xenstore (xen/io/blkif.h), by way of the bus:
 *
 *	one ring of one page      ring-ref, event-channel
 *	one ring of several       ring-page-order, ring-ref0, ring-ref1, …, event-channel
 *	several rings             multi-queue-num-queues, queue-0/…, queue-1/…: the same for each
 */
#include <errno.h>
#include <string.h>
#include <xen/io/protocols.h>

#include "blkfront/device.h"
#include "unikernel/core/format.h"

/* Nodes that wait to be written. The bus writes the last of them, with the state behind. */
struct batch {
	struct blkfront *bf;
	struct xenbus_property *node;
	size_t count;
	int error;
};

/* Is there room for one more? The bus adds the state. */
static bool batch_room(struct batch *batch)
{
	if (batch->count == XENBUS_PROPERTIES_MAX - 1 && batch->error == 0) {
		batch->error = xenbus_write_all(batch->bf->device->path, batch->node, batch->count);
		batch->count = 0;
	}
	return batch->error == 0;
}

static void batch_add(struct batch *batch, struct xenbus_property node)
{
	if (batch_room(batch))
		batch->node[batch->count++] = node;
}

/* A key of a queue; number: its own at the end, or -1. */
static void batch_add_key(struct batch *batch, unsigned int queue, const char *key, int number,
			  uint64_t value)
{
	struct blkfront *bf = batch->bf;
	char *name;
	int len = 0;

	if (!batch_room(batch))
		return;
	name = bf->node_name[batch->count];
	if (bf->info.features.queues > 1)
		len = format(name, sizeof(bf->node_name[0]), "queue-%u/", queue);
	len += format(name + len, sizeof(bf->node_name[0]) - (size_t)len, "%s", key);
	if (number >= 0)
		format(name + len, sizeof(bf->node_name[0]) - (size_t)len, "%d", number);
	batch->node[batch->count++] = (struct xenbus_property){.name = name, .value = value};
}

static void batch_add_queue(struct batch *batch, unsigned int number)
{
	const struct blkfront_queue *queue = batch->bf->queue[number];
	const struct shared_run *run = queue->ring_run;

	for (unsigned int i = 0; i < run->pages; i++)
		batch_add_key(batch, number, "ring-ref", run->pages > 1 ? (int)i : -1, run->ref[i]);
	batch_add_key(batch, number, "event-channel", -1, queue->channel.port);
}

/* A ring of one page is named otherwise than one of several, for which a back end looks first. */
static int forget_pages(struct blkfront *bf)
{
	char path[XENBUS_PATH_SIZE];
	int error = 0;

	if (bf->info.features.multipage) {
		bf->pages_told = true;
	} else if (bf->pages_told) {
		format(path, sizeof(path), "%s/ring-page-order", bf->device->path);
		error = xenbus_rm(XENBUS_NO_TX, path);
	}
	return error == -ENOENT ? 0 : error;
}

int vbd_publish_nodes(struct blkfront *bf, struct xenbus_property node[])
{
	const struct blkfront_features *has = &bf->info.features;
	struct batch batch = {.bf = bf, .node = node, .error = forget_pages(bf)};

	batch_add(&batch,
		  (struct xenbus_property){.name = "protocol", .text = XEN_IO_PROTO_ABI_X86_64});
	batch_add(&batch, (struct xenbus_property){.name = "feature-persistent",
						   .value = !bf->off.persistent});
	/* One that has never seen more than one queue is not told how many. */
	bf->queues_told |= has->queues > 1;
	if (bf->queues_told)
		batch_add(&batch, (struct xenbus_property){.name = "multi-queue-num-queues",
							   .value = has->queues});
	if (has->multipage)
		batch_add(&batch, (struct xenbus_property){
					  .name = "ring-page-order",
					  .value = (uint64_t)__builtin_ctz(has->ring_pages)});
	for (unsigned int i = 0; i < has->queues; i++)
		batch_add_queue(&batch, i);
	return batch.error != 0 ? batch.error : (int)batch.count;
}
