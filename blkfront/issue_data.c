/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data onto a ring. One request there may be a part of one of ours, or several of ours that touch:
 *
 *	submitted    | a: read 0 … 1 MiB + 8 KiB     | b: read 8 KiB | c: write …
 *	on the ring  | 256 segments      | 2 + 2 segments             | …
 *
 * Up to 11 segments stand in the ring's slot itself. More stand in a page of descriptors, which the
 * slot names (BLKIF_OP_INDIRECT):
 *
 *	slot  {INDIRECT, READ, id, sector, nr_segments, ref of ─► | ref first last | ref first last | …
 */
#include <string.h>

#include "blkfront/cut.h"
#include "blkfront/device.h"
#include "blkfront/mark.h"
#include "unikernel/core/gnttab.h"

/*
 * Segments that may go into one request now; 0: it is better to wait. One takes half of the pages at
 * most, so that there are always two under way, and does not go out in crumbs as pages come back.
 */
static unsigned int issue_limit(const struct blkfront_queue *queue,
				const struct blkfront_request *request)
{
	const struct blkfront_features *features = &queue->bf->info.features;
	const bool idle = queue->unused_slots == queue->ring.size;
	unsigned int left = queue->unused_segments, limit = SEGMENT_RECORDS / 2 - 1;
	size_t wanted = pages_of(request->len - request->issued);

	if (!features->lend) {
		if (pool_left(&queue->pool) < left)
			left = pool_left(&queue->pool);
		limit = queue->pool.max / 2 - 1u;
	}
	if (features->segments < limit)
		limit = features->segments;
	if (wanted > limit)
		wanted = limit;
	/* One is for the descriptors. */
	if (left <= wanted && !idle)
		return 0;
	return left <= limit ? left - 1 : limit;
}

/* Can the next one go with what ends behind this? */
static bool issue_touches(const struct blkfront *bf, const struct blkfront_request *request)
{
	const struct blkfront_request *next = request->next;

	return next != NULL && next->op == request->op && next->phase == REQUEST_DATA &&
	       next->issued == 0 && next->parked == 0 &&
	       next->offset == request->offset + request->len && vbd_request_check(bf, next) == 0;
}

/* A page of the request's data, as one segment more. False: there is no page for it. */
static bool issue_segment(struct blkfront_queue *queue, struct blkfront_slot *slot,
			  struct blkfront_request *request)
{
	struct blkif_request_segment *out = &queue->out[queue->out_count];
	struct blkfront *bf = queue->bf;
	const domid_t backend = bf->device->backend_id;
	const bool write = request->op == BLKFRONT_WRITE;
	const struct cut cut = cut_next(bf, request);
	const uint16_t at = segment_take(queue);
	struct blkfront_segment *segment;
	char *page = cut.data;

	if (at == NONE)
		return false;
	segment = &queue->segment[at];
	segment->page = NONE;
	if (cut.lend && gnttab_grant(backend, cut.data, write, &segment->ref) == 0) {
		bf->stats.lent++;
	} else {
		segment->page = pool_take(&queue->pool, backend);
		if (segment->page == NONE) {
			segment_put(queue, at);
			return false;
		}
		segment->ref = queue->pool.page[segment->page].ref;
		page = queue->pool.page[segment->page].data;
		if (write)
			memcpy(page, cut.data, cut.len);
		bf->stats.bounced++;
		bf->stats.persistent += bf->info.features.persistent;
	}
	if (!write)
		mark_put(page, cut.len, slot->mark);
	segment->request = request;
	segment->data = cut.data;
	segment->len = cut.len;
	segment->next = slot->segment;
	slot->segment = at;
	request->in_flight++;
	cut_take(request, cut.len);
	/* Field by field: what lies between them stays as it is, zero. */
	out->gref = segment->ref;
	out->first_sect = 0;
	out->last_sect = (uint8_t)(cut.len / RING_SECTOR - 1);
	queue->out_count++;
	queue->out_bytes += cut.len;
	return true;
}

/* As much as goes into one request on the ring, from this of ours on. */
static void issue_fill(struct blkfront_queue *queue, struct blkfront_slot *slot,
		       struct blkfront_request *request, unsigned int limit)
{
	struct blkfront *bf = queue->bf;

	queue->out_count = 0;
	queue->out_bytes = 0;
	for (;;) {
		while (queue->out_count < limit && request->issued < request->len &&
		       issue_segment(queue, slot, request))
			;
		if (request->issued < request->len || queue->out_count == limit ||
		    !issue_touches(bf, request) || !issue_segment(queue, slot, request->next))
			break;
		request = request->next;
		issue_begun(bf);
		bf->stats.merged++;
	}
	bf->next = request;
}

/* A page for descriptors, in a record of its own; NONE: they stand in the slot. */
static uint16_t issue_descriptors(struct blkfront_queue *queue,
				  const struct blkfront_request *request, unsigned int limit)
{
	struct blkfront_segment *segment;
	uint16_t at;

	if (limit <= BLKIF_MAX_SEGMENTS_PER_REQUEST ||
	    (pages_of(request->len - request->issued) < BLKIF_MAX_SEGMENTS_PER_REQUEST &&
	     request->pieces <= BLKIF_MAX_SEGMENTS_PER_REQUEST &&
	     !issue_touches(queue->bf, request)))
		return NONE;
	at = segment_take(queue);
	if (at == NONE)
		return NONE;
	segment = &queue->segment[at];
	segment->request = NULL;
	segment->page = pool_take(&queue->pool, queue->bf->device->backend_id);
	if (segment->page != NONE)
		return at;
	segment_put(queue, at);
	return NONE;
}

static void issue_direct(struct blkfront_queue *queue, const struct blkfront_slot *slot,
			 blkif_sector_t sector)
{
	struct blkif_request out;

	/* Made in private and copied whole; not even its padding tells of anything else. */
	memset(&out, 0, sizeof(out));
	out.operation = slot->operation;
	out.handle = (blkif_vdev_t)queue->bf->device->id;
	out.id = slot->id;
	out.sector_number = sector;
	out.nr_segments = (uint8_t)queue->out_count;
	memcpy(out.seg, queue->out, queue->out_count * sizeof(out.seg[0]));
	vbd_queue_put(queue, &out, sizeof(out));
}

static void issue_indirect(struct blkfront_queue *queue, struct blkfront_slot *slot,
			   blkif_sector_t sector, uint16_t descriptors)
{
	struct blkfront_segment *segment = &queue->segment[descriptors];
	struct shared_page *page = &queue->pool.page[segment->page];
	struct blkif_request_indirect out;

	memcpy(page->data, queue->out, queue->out_count * sizeof(queue->out[0]));
	segment->next = slot->segment;
	slot->segment = descriptors;
	slot->indirect = true;
	memset(&out, 0, sizeof(out));
	out.operation = BLKIF_OP_INDIRECT;
	out.indirect_op = slot->operation;
	out.handle = (blkif_vdev_t)queue->bf->device->id;
	out.id = slot->id;
	out.sector_number = sector;
	out.nr_segments = (uint16_t)queue->out_count;
	out.indirect_grefs[0] = page->ref;
	vbd_queue_put(queue, &out, sizeof(out));
	queue->bf->stats.indirect++;
}

static void issue_count(struct blkfront *bf, bool write, size_t bytes)
{
	if (write) {
		bf->stats.writes++;
		bf->stats.write_bytes += bytes;
	} else {
		bf->stats.reads++;
		bf->stats.read_bytes += bytes;
	}
}

bool issue_data(struct blkfront_queue *queue, struct blkfront_request *request)
{
	const bool write = request->op == BLKFRONT_WRITE, first = request->issued == 0;
	const blkif_sector_t sector = (request->offset + request->issued) / RING_SECTOR;
	unsigned int limit = issue_limit(queue, request);
	struct blkfront *bf = queue->bf;
	struct blkfront_slot *slot;
	uint16_t descriptors;

	if (limit == 0)
		return false;
	slot = slot_take(queue);
	slot->operation = write ? BLKIF_OP_WRITE : BLKIF_OP_READ;
	descriptors = issue_descriptors(queue, request, limit);
	if (descriptors == NONE && limit > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		limit = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	issue_fill(queue, slot, request, limit);

	if (queue->out_count > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
		issue_indirect(queue, slot, sector, descriptors);
	} else {
		if (descriptors != NONE) {
			pool_put(&queue->pool, queue->segment[descriptors].page);
			segment_put(queue, descriptors);
		}
		if (queue->out_count == 0) {
			slot_put(queue, slot);
			return false;
		}
		issue_direct(queue, slot, sector);
	}
	if (first)
		issue_begun(bf);
	bf->stats.split += !first;
	issue_count(bf, write, queue->out_bytes);
	return true;
}
