/* SPDX-License-Identifier: BSD-2-Clause */
/* What a front end writes to its directory in xenstore (xen/io/netif.h), by way of the bus. */
#include <errno.h>
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/format.h"

/* A key of a queue. With one queue they lie beside the others, else in a directory for each. */
static const char *queue_key(struct netfront *nf, unsigned int number, unsigned int which,
			     const char *key)
{
	char *name = nf->node_name[number][which];

	if (nf->features.queues == 1)
		return key;
	format(name, sizeof(nf->node_name[number][which]), "queue-%u/%s", number, key);
	return name;
}

static int queue_nodes(struct netfront *nf, unsigned int number, struct xenbus_property node[])
{
	const struct netfront_queue *queue = nf->queue[number];
	bool split = nf->features.split_channels;
	int count = 0;

	node[count++] = (struct xenbus_property){.name = queue_key(nf, number, 0, "tx-ring-ref"),
						 .value = queue->tx.ring_page.ref};
	node[count++] = (struct xenbus_property){.name = queue_key(nf, number, 1, "rx-ring-ref"),
						 .value = queue->rx.ring_page.ref};
	node[count++] = (struct xenbus_property){
		.name = queue_key(nf, number, 2, split ? "event-channel-rx" : "event-channel"),
		.value = queue->rx_channel.port};
	if (split)
		node[count++] = (struct xenbus_property){
			.name = queue_key(nf, number, 3, "event-channel-tx"),
			.value = queue->tx_channel.port};
	return count;
}

/*
 * A connection with two channels leaves nodes that a later one with one channel must not: netback
 * looks for these first.
 */
static int forget_split(struct netfront *nf)
{
	char path[XENBUS_PATH_SIZE];

	if (nf->features.split_channels)
		nf->split_told = true;
	else if (nf->split_told)
		for (unsigned int i = 0; i < nf->features.queues; i++) {
			format(path, sizeof(path), "%s/%s", nf->device->path,
			       queue_key(nf, i, 3, "event-channel-tx"));
			int error = xenbus_rm(XENBUS_NO_TX, path);
			if (error != 0 && error != -ENOENT)
				return error;
		}
	return 0;
}

int publish_nodes(struct netfront *nf, struct xenbus_property node[])
{
	const struct netfront_features *has = &nf->features;
	const struct xenbus_property published[] = {
		{.name = "request-rx-copy", .value = 1},
		/* We notify after posting pages, so netback may wait for them. */
		{.name = "feature-rx-notify", .value = 1},
		{.name = "feature-sg", .value = has->scatter_gather},
		{.name = "feature-no-csum-offload", .value = !has->checksum_ipv4},
		{.name = "feature-ipv6-csum-offload", .value = has->checksum_ipv6},
		{.name = "feature-gso-tcpv4", .value = has->gso_ipv4},
		{.name = "feature-gso-tcpv6", .value = has->gso_ipv6},
		{.name = "request-multicast-control",
		 .value = has->multicast_control && !nf->all_groups},
		{.name = "multi-queue-num-queues", .value = has->queues},
	};
	int count = sizeof(published) / sizeof(published[0]);
	int error = forget_split(nf);

	if (error != 0)
		return error;
	memcpy(node, published, sizeof(published));
	/* One that has never seen more than one queue is not told how many. */
	nf->queues_told |= has->queues > 1;
	count -= !nf->queues_told;
	for (unsigned int i = 0; i < has->queues; i++)
		count += queue_nodes(nf, i, node + count);
	return count;
}
