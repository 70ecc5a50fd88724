/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blkback's control plane: what it offers in the store, what it reads there of the front end's, and
 * rings that come and go.
 *
 *   backend/vbd/7/51712/              we write        device/vbd/51712/        the front end writes
 *     feature-max-indirect-segments     at once         ring-page-order = 2
 *     max-ring-page-order                               multi-queue-num-queues = 2
 *     multi-queue-max-queues                            queue-0/ring-ref0 …
 *     sectors, sector-size, info        when it         queue-0/event-channel
 *     feature-flush-cache, -barrier,    connects        feature-persistent
 *     -discard, -persistent …
 *
 * The node "sectors" counts units of 512 bytes whatever the sector size is, in every back end that
 * exists, although blkif.h long said otherwise.
 */
#include "tests/unit/fake/blkback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY (1u << 20)

static void node(const struct fake_blkback *self, const char *key, unsigned long long value,
		 bool there)
{
	char path[128];

	snprintf(path, sizeof(path), "/local/domain/%d/backend/vbd/%d/%u/%s", FAKE_DOM0, FAKE_GUEST,
		 self->backend.id, key);
	if (!there)
		fake_store_remove(path);
	else if (!fake_store_read(path) || fake_store_number(path, -1) != (long long)value)
		fake_store_write(path, "%llu", value);
}

void fake_blkback_offer(struct fake_blkback *self)
{
	const struct fake_blk_offer *offer = &self->offer;

	node(self, "feature-max-indirect-segments", offer->indirect, offer->indirect > 0);
	node(self, "max-ring-page-order", (unsigned)offer->ring_order, offer->ring_order >= 0);
	node(self, "multi-queue-max-queues", offer->queues, offer->queues > 0);
}

/* What it knows only when it has its disk, which is when the front end is there. */
static void properties_write(struct fake_blkback *self)
{
	const struct fake_blk_offer *offer = &self->offer;
	const bool extents = offer->discard && offer->discard_granularity > 0;

	node(self, "feature-flush-cache", offer->flush, true);
	node(self, "feature-barrier", offer->barrier, true);
	node(self, "feature-persistent", offer->persistent, true);
	node(self, "discard-granularity", offer->discard_granularity, extents);
	node(self, "discard-alignment", offer->discard_alignment, extents);
	node(self, "discard-secure", offer->discard_secure, offer->discard);
	node(self, "feature-discard", offer->discard, true);
	node(self, "sectors", offer->sectors, true);
	node(self, "info", offer->info, true);
	node(self, "sector-size", offer->sector_size, true);
	node(self, "physical-sector-size", offer->physical_sector_size,
	     offer->physical_sector_size > 0);
	self->told = offer->sectors;
}

void fake_blkback_resize(struct fake_blkback *self, uint64_t sectors)
{
	self->offer.sectors = sectors;
	if (self->backend.state != XenbusStateConnected)
		return;
	if (sectors > self->told)
		self->told = sectors;
	node(self, "sectors", sectors, true);
	/* The front end watches the state; so it is written again. */
	fake_backend_state(&self->backend, XenbusStateConnected);
}

/* --- rings --- */

static void queue_close(struct fake_blk_queue *queue, unsigned pages)
{
	for (unsigned i = 0; queue->sring && i < pages; i++)
		fake_gnttab_unmap(queue->ref[i], false);
	queue->sring = NULL;
	fake_channel_close(queue->channel);
	queue->channel = NULL;
}

static void disconnect(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;

	fake_blkback_drop(self);
	fake_blkback_pages_forget(self);
	for (size_t i = 0; i < FAKE_BLOCK_QUEUES; i++)
		queue_close(&self->queue[i], 1u << self->wish.order);
}

static long long queue_number(const struct fake_blkback *self, unsigned index, const char *key)
{
	char path[64];

	/* One queue is written as it was before there were several. */
	if (self->wish.queues == 1)
		return fake_front_number(&self->backend, key);
	snprintf(path, sizeof(path), "queue-%u/%s", index, key);
	return fake_front_number(&self->backend, path);
}

/* blkback has the pages side by side in the order of their numbers; so must the guest. */
static bool ring_map(struct fake_blkback *self, unsigned index, bool multi)
{
	struct fake_blk_queue *queue = &self->queue[index];
	uint8_t *first = NULL;

	for (unsigned i = 0; i < 1u << self->wish.order; i++) {
		char key[24];
		long long ref;
		uint8_t *page;
		int status;

		snprintf(key, sizeof(key), multi ? "ring-ref%u" : "ring-ref", i);
		ref = queue_number(self, index, key);
		if (ref < 0)
			return false;
		queue->ref[i] = (grant_ref_t)ref;
		page = fake_gnttab_map(FAKE_DOM0, queue->ref[i], false, &status);
		if (!page || (first && page != first + i * FAKE_PAGE_SIZE))
			fake_violation("page %u of ring %u: status %d", i, index, status);
		if (i == 0)
			first = page;
	}
	queue->sring = (struct blkif_sring *)first;
	return true;
}

static bool queue_open(struct fake_blkback *self, unsigned index, bool multi)
{
	struct fake_blk_queue *queue = &self->queue[index];
	const long long port = queue_number(self, index, "event-channel");

	if (port <= 0 || !ring_map(self, index, multi))
		return false;
	queue->channel = fake_channel_bind(FAKE_DOM0, (evtchn_port_t)port);
	/* Starts where a ring that the front end has used before left off, as Linux does. */
	queue->ring = (struct blkif_back_ring){.rsp_prod_pvt = queue->sring->rsp_prod,
					       .req_cons = queue->sring->rsp_prod,
					       .nr_ents = 32u << self->wish.order,
					       .sring = queue->sring};
	queue->woken = true;
	return queue->channel &&
	       queue->sring->req_prod - queue->sring->rsp_prod <= RING_SIZE(&queue->ring);
}

static bool connect(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;
	const struct fake_blk_offer *offer = &self->offer;
	const long long queues = fake_front_number(backend, "multi-queue-num-queues");
	const long long order = fake_front_number(backend, "ring-page-order");
	char path[96];
	const char *protocol, *said;

	snprintf(path, sizeof(path), "%s/protocol", backend->front);
	protocol = fake_store_read(path);
	if (protocol && strcmp(protocol, "x86_64-abi") != 0) {
		backend->refused += fake_front_state(backend) == XenbusStateConnected;
		return false;
	}
	/* It may have gone back by itself, with the rings mapped. */
	disconnect(backend);
	if (fake_front_number(backend, "feature-large-sector-size") > 0)
		fake_violation("the front end says it counts other sectors, which Linux does not");
	self->lied = false;
	/* Linux refuses a front end that wants more than it was offered. */
	if (queues == 0 || queues > (long long)(offer->queues ? offer->queues : 1) ||
	    order > offer->ring_order || order > (long long)FAKE_BLOCK_ORDER)
		return false;
	self->wish = (struct fake_blk_wish){
		.persistent =
			offer->persistent && fake_front_number(backend, "feature-persistent") == 1,
		.order = order < 0 ? 0 : (unsigned)order,
		.queues = queues < 0 ? 1 : (unsigned)queues,
	};
	for (unsigned i = 0; i < self->wish.queues; i++)
		if (!queue_open(self, i, order >= 0)) {
			disconnect(backend);
			return false;
		}
	properties_write(self);
	if (self->on_connect)
		self->on_connect(self);
	/* It does as it has said, even if it was made to say nonsense. */
	snprintf(path, sizeof(path), "%s/feature-persistent", backend->back);
	said = fake_store_read(path);
	self->wish.persistent &= said && strcmp(said, "1") == 0;
	return true;
}

static bool work(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;
	bool did;

	if (self->stopped)
		return false;
	did = fake_blkback_answer_some(self);
	for (unsigned i = 0; i < self->wish.queues; i++)
		did |= fake_blkback_take(self, i);
	return did;
}

struct fake_blkback *fake_blkback_make(unsigned number)
{
	struct fake_blkback *self = calloc(1, sizeof(*self));

	self->backend = (struct fake_backend){.type = "vbd",
					      .id = number,
					      .connect = connect,
					      .disconnect = disconnect,
					      .work = work};
	self->offer = (struct fake_blk_offer){.flush = true,
					      .barrier = true,
					      .discard = true,
					      .discard_secure = true,
					      .persistent = true,
					      .discard_granularity = 512,
					      .indirect = 256,
					      .ring_order = FAKE_BLOCK_ORDER,
					      .queues = 4,
					      .sectors = MEMORY / PLATTER_SECTOR,
					      .sector_size = 512,
					      .physical_sector_size = 512};
	self->seen = calloc(FAKE_BLOCK_SEEN, sizeof(*self->seen));
	self->persistent_max = 1056;
	return self;
}

void fake_blkback_plug(struct fake_blkback *self)
{
	const uint64_t bytes = self->offer.sectors * PLATTER_SECTOR;
	char path[96];

	if (!self->platter) {
		self->disk_bytes = bytes < MEMORY ? (size_t)bytes : MEMORY;
		self->platter = platter_make(self->disk_bytes);
		self->disk = platter_data(self->platter);
	}
	snprintf(path, sizeof(path), "/local/domain/%d/device/vbd/%u/virtual-device", FAKE_GUEST,
		 self->backend.id);
	fake_store_write(path, "%u", self->backend.id);
	snprintf(path, sizeof(path), "/local/domain/%d/device/vbd/%u/device-type", FAKE_GUEST,
		 self->backend.id);
	fake_store_write(path, self->offer.info & VDISK_CDROM ? "cdrom" : "disk");
	snprintf(path, sizeof(path), "/local/domain/%d/backend/vbd/%d/%u/mode", FAKE_DOM0,
		 FAKE_GUEST, self->backend.id);
	fake_store_write(path, self->offer.info & VDISK_READONLY ? "r" : "w");
	fake_blkback_offer(self);
	fake_backend_start(&self->backend);
}

struct fake_blkback *fake_blkback_start(unsigned number, uint64_t sectors, uint32_t sector_size,
					bool readonly, bool flush)
{
	struct fake_blkback *self = fake_blkback_make(number);

	self->offer.sectors = sectors;
	self->offer.sector_size = self->offer.physical_sector_size = sector_size;
	self->offer.discard_granularity = sector_size;
	self->offer.info = readonly ? VDISK_READONLY : 0;
	self->offer.flush = self->offer.barrier = flush;
	fake_blkback_plug(self);
	return self;
}

void fake_blkback_notify(struct fake_blkback *self)
{
	for (size_t i = 0; i < FAKE_BLOCK_QUEUES; i++)
		fake_channel_notify(self->queue[i].channel);
}

unsigned long fake_blkback_notified(const struct fake_blkback *self)
{
	unsigned long sent = 0;

	for (size_t i = 0; i < FAKE_BLOCK_QUEUES; i++)
		sent += self->queue[i].channel ? self->queue[i].channel->sent : 0;
	return sent;
}

void fake_blkback_cut(struct fake_blkback *self, uint32_t seed)
{
	fake_backend_restart(&self->backend);
	platter_cut(self->platter, seed);
}
