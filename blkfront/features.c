/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which features of xen/io/blkif.h a connection uses: those that the back end offers in its
 * directory, less those that the command line switches off,
 *
 *	lodger.blk-off=discard,indirect,…    lodger.blk-queues=2    lodger.blk-ring-pages=4
 *	                                     (blk-off1, …: the second disk)
 *
 * Rings of several pages and several rings are used only if it asks for them: with one vCPU a second
 * ring saves nothing, and a page of 32 requests, each of up to a megabyte, is hardly ever full.
 *
 * The back end offers what concerns the rings before it is told of ours; whether it keeps grants
 * mapped, and what its disk can do, only when it has connected to them (disk.c).
 */
#include "blkfront/device.h"
#include "xenbus/option.h"

static const struct device_switch switches[] = {
	{"flush", offsetof(struct blkfront_features, flush)},
	{"barrier", offsetof(struct blkfront_features, barrier)},
	{"discard", offsetof(struct blkfront_features, discard)},
	{"discard-secure", offsetof(struct blkfront_features, discard_secure)},
	{"indirect", offsetof(struct blkfront_features, indirect)},
	{"persistent", offsetof(struct blkfront_features, persistent)},
	{"lend", offsetof(struct blkfront_features, lend)},
	{"multipage", offsetof(struct blkfront_features, multipage)},
};

#define SWITCHES (sizeof(switches) / sizeof(switches[0]))

void vbd_features_configure(struct blkfront *bf)
{
	const unsigned int index = bf->info.index;

	device_option_switches("blk-off", index, switches, SWITCHES, &bf->off, true);
	bf->queues_wanted = device_option_number("blk-queues", index, 1, QUEUES_MAX);
	bf->ring_pages_wanted = device_option_number("blk-ring-pages", index, 1, RING_PAGES_MAX);
}

/* The most of a number that the back end offers, of which anything may be said. */
static unsigned int at_most(uint64_t offered, unsigned int wanted)
{
	return offered < wanted ? (unsigned int)offered : wanted;
}

int vbd_features_negotiate(struct blkfront *bf)
{
	enum { INDIRECT, ORDER, QUEUES, PROPERTIES };
	struct xenbus_property node[PROPERTIES] = {
		[INDIRECT] = {.name = "feature-max-indirect-segments"},
		[ORDER] = {.name = "max-ring-page-order"},
		[QUEUES] = {.name = "multi-queue-max-queues", .value = 1},
	};
	struct blkfront_features *has = &bf->info.features;
	unsigned int pages = 1;
	int error = xenbus_read_all(bf->device->backend, node, PROPERTIES);

	if (error != 0)
		return error;
	has->indirect = node[INDIRECT].value > BLKIF_MAX_SEGMENTS_PER_REQUEST && !bf->off.indirect;
	has->segments = has->indirect ? at_most(node[INDIRECT].value, SEGMENTS_MAX)
				      : BLKIF_MAX_SEGMENTS_PER_REQUEST;
	/* A power of two, of which the logarithm is offered. */
	for (uint64_t order = 0; order < node[ORDER].value && !bf->off.multipage; order++) {
		if (2 * pages > bf->ring_pages_wanted)
			break;
		pages *= 2;
	}
	has->ring_pages = pages;
	has->multipage = pages > 1;
	has->queues = device_queues(node[QUEUES].value, bf->queues_wanted);
	return 0;
}
