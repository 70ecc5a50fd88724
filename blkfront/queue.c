/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue: a ring, its event channel, and the records of what is on it. Which of several a request
 * goes to says nothing about it; they take turns.
 *
 *	slot[]      by the id of a request on the ring ──┐
 *	segment[]   a page of it each, in a list   ◄─────┘──► page of the pool, or a lent page's grant
 */
#include <errno.h>
#include <string.h>

#include "blkfront/device.h"
#include "blkfront/mark.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"

/* The share of the domain's memory that data may be copied through, at most. */
#define POOL_SHARE 16u
#define POOL_MIN   32u
#define POOL_MAX   528u /* two requests of a megabyte, and their descriptors */

static unsigned int pool_size(unsigned int queues)
{
	struct page_stats memory;
	size_t pages;

	page_stats(&memory);
	pages = memory.total / POOL_SHARE / queues;
	return pages < POOL_MIN ? POOL_MIN : pages > POOL_MAX ? POOL_MAX : (unsigned int)pages;
}

static int queue_open_ring(struct blkfront_queue *queue)
{
	const size_t pages = queue->bf->info.features.ring_pages;
	int error = 0;

	if (queue->ring_run == NULL)
		error = shared_run_open(&queue->ring_run, pages, queue->bf->device->backend_id);
	if (error != 0)
		return error;
	front_ring_init(&queue->ring, queue->ring_run->data, pages * PAGE_SIZE,
			offsetof(struct blkif_sring, ring), sizeof(union blkif_sring_entry));
	return 0;
}

static int queue_open_records(struct blkfront_queue *queue)
{
	const ring_idx_t slots = queue->ring.size;

	if (queue->slot == NULL)
		queue->slot = heap_zalloc(slots * sizeof(*queue->slot));
	if (queue->unused_slot == NULL)
		queue->unused_slot = heap_alloc(slots * sizeof(*queue->unused_slot));
	if (queue->segment == NULL)
		queue->segment = heap_alloc(SEGMENT_RECORDS * sizeof(*queue->segment));
	if (queue->slot == NULL || queue->unused_slot == NULL || queue->segment == NULL)
		return -ENOMEM;
	queue->unused_slots = 0;
	while (queue->unused_slots < slots) {
		queue->unused_slot[queue->unused_slots] =
			(uint16_t)(slots - 1 - queue->unused_slots);
		queue->unused_slots++;
	}
	for (uint16_t i = 0; i < SEGMENT_RECORDS; i++)
		queue->segment[i].next = (uint16_t)(i + 1u < SEGMENT_RECORDS ? i + 1u : NONE);
	queue->unused_segment = 0;
	queue->unused_segments = SEGMENT_RECORDS;
	return 0;
}

int vbd_queue_open(struct blkfront *bf, unsigned int number)
{
	const domid_t backend = bf->device->backend_id;
	struct blkfront_queue *queue = bf->queue[number];
	int error;

	if (queue == NULL)
		queue = bf->queue[number] = heap_zalloc(sizeof(*queue));
	if (queue == NULL)
		return -ENOMEM;
	queue->bf = bf;
	if (!arch_random(&queue->secret))
		queue->secret = arch_tsc() << 20 ^ time_wall_ns();
	error = queue_open_ring(queue);
	if (error == 0)
		error = queue_open_records(queue);
	if (error == 0)
		error = pool_open(&queue->pool, backend, pool_size(bf->info.features.queues));
	if (error == 0)
		error = xenbus_channel_open(&queue->channel, backend, serve, queue);
	return error;
}

static void loan_abandon(struct blkfront_segment *segment)
{
	segment->request->parked++;
}

static void loan_end(struct blkfront_segment *segment)
{
	gnttab_end_then(segment->ref, vbd_request_page_back, segment->request);
}

/* Every page that is lent on this queue. */
static void queue_loans(struct blkfront_queue *queue, void (*fn)(struct blkfront_segment *segment))
{
	for (ring_idx_t i = 0; queue->slot != NULL && i < queue->ring.size; i++) {
		uint16_t at = queue->slot[i].id != 0 ? queue->slot[i].segment : NONE;

		for (; at != NONE; at = queue->segment[at].next)
			if (queue->segment[at].page == NONE)
				fn(&queue->segment[at]);
	}
}

void vbd_queue_close(struct blkfront_queue *queue)
{
	timer_cancel(&queue->again);
	xenbus_channel_close(&queue->channel);
	queue_loans(queue, loan_end);
	shared_run_close(queue->ring_run);
	queue->ring_run = NULL;
	heap_free(queue->slot);
	heap_free(queue->unused_slot);
	heap_free(queue->segment);
	queue->slot = NULL;
	queue->unused_slot = NULL;
	queue->segment = NULL;
	pool_close(&queue->pool);
}

void vbd_queue_abandon(struct blkfront_queue *queue)
{
	timer_cancel(&queue->again);
	queue_loans(queue, loan_abandon);
}

struct blkfront_queue *vbd_queue_pick(struct blkfront *bf)
{
	for (unsigned int i = 0; i < bf->info.features.queues; i++) {
		struct blkfront_queue *queue = bf->queue[bf->turn++ % bf->info.features.queues];

		if (queue->unused_slots > 0 && front_ring_room(&queue->ring) > 0)
			return queue;
	}
	return NULL;
}

void vbd_queue_put(struct blkfront_queue *queue, const void *request, size_t size)
{
	struct blkif_sring *sring = (struct blkif_sring *)queue->ring.shared;
	ring_idx_t at = ring_slot(queue->ring.req_prod++, queue->ring.size);

	memcpy(&sring->ring[at].req, request, size);
}

/* --- records ----------------------------------------------------------------------------- */

struct blkfront_slot *slot_take(struct blkfront_queue *queue)
{
	uint16_t index = queue->unused_slot[--queue->unused_slots];
	struct blkfront_slot *slot = &queue->slot[index];

	*slot = (struct blkfront_slot){.id = ++queue->last_id * RING_SLOTS_MAX + index,
				       .segment = NONE};
	slot->mark = mark_of(queue->secret, slot->id);
	queue->bf->on_ring++;
	return slot;
}

void slot_put(struct blkfront_queue *queue, struct blkfront_slot *slot)
{
	slot->id = 0;
	queue->unused_slot[queue->unused_slots++] = (uint16_t)(slot - queue->slot);
	queue->bf->on_ring--;
}
