/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Responses off a ring, of which nothing is believed. They come in any order. An id is a number with
 * the slot in its low bits, and is never used twice, so that an answer can be claimed once and a
 * stale one claims nothing.
 */
#include <errno.h>
#include <string.h>

#include "blkfront/device.h"
#include "blkfront/mark.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"

/* Has the back end written all that it says? Then every sector has lost its mark (mark.h). */
static int serve_marked(struct blkfront *bf, const struct blkfront_segment *segment, uint64_t mark)
{
	if (!mark_left(segment->data, segment->len, mark))
		return 0;
	/* What was there instead is of another request's. */
	memset(segment->data, 0, segment->len);
	if (!bf->marks_left)
		log_error("blkfront: %s: the back end says that it has read what it has not",
			  bf->info.name);
	bf->marks_left = true;
	bf->stats.errors++;
	return -EIO;
}

/* One segment of a request has come back. False: the back end has a lent page mapped yet. */
static bool serve_segment(struct blkfront_queue *queue, uint16_t at,
			  const struct blkfront_slot *slot, int status)
{
	struct blkfront_segment *segment = &queue->segment[at];
	struct blkfront_request *request = segment->request;
	const bool read = request != NULL && slot->operation == BLKIF_OP_READ && status == 0;
	bool mapped = false;

	if (segment->page == NONE) {
		mapped = gnttab_end(segment->ref) == -EBUSY;
		if (mapped) {
			request->parked++;
			gnttab_end_then(segment->ref, vbd_request_page_back, request);
		}
	} else {
		if (read)
			copy_once_bytes(segment->data, queue->pool.page[segment->page].data,
					segment->len);
		pool_put(&queue->pool, segment->page);
	}
	if (read && !mapped)
		status = serve_marked(queue->bf, segment, slot->mark);
	segment_put(queue, at);
	if (request == NULL)
		return true;
	request->in_flight--;
	if (status != 0) {
		if (request->status == 0)
			request->status = status;
		/* What has not gone out need not. */
		request->issued = request->len;
	}
	if (request->in_flight == 0 && request->issued == request->len && request->parked == 0)
		vbd_request_finish(queue->bf, request);
	return !mapped;
}

/* A flush has ended, for all that waited for it. */
static void serve_flush(struct blkfront *bf, int status)
{
	bf->flushing = false;
	for (struct blkfront_request *request = bf->first, *next; request; request = next) {
		next = request->next;
		if (request->phase != REQUEST_FLUSH)
			continue;
		request->status = status;
		vbd_request_finish(bf, request);
	}
}

static void serve_discard(struct blkfront *bf, struct blkfront_request *request, int status)
{
	request->in_flight = 0;
	request->status = status;
	vbd_request_finish(bf, request);
}

/* What was offered and is not there after all is not asked for again. */
static void serve_unknown(struct blkfront *bf, const struct blkfront_slot *slot)
{
	struct blkfront_info *info = &bf->info;

	switch (slot->operation) {
	case BLKIF_OP_FLUSH_DISKCACHE:
		info->features.flush = false;
		info->flush = info->fua = info->features.barrier;
		break;
	case BLKIF_OP_WRITE_BARRIER:
		info->features.barrier = info->flush = info->fua = false;
		break;
	case BLKIF_OP_DISCARD:
		info->discard_secure = info->features.discard_secure = false;
		if (!slot->request->secure)
			info->discard = info->features.discard = false;
		break;
	default:
		return;
	}
	log_warn("blkfront: %s: the back end does not know operation %u after all", info->name,
		 slot->operation);
}

static int serve_status(struct blkfront *bf, const struct blkfront_slot *slot, int16_t status)
{
	if (status == BLKIF_RSP_OKAY)
		return 0;
	bf->stats.errors++;
	if (status != BLKIF_RSP_EOPNOTSUPP || slot->operation == BLKIF_OP_READ ||
	    slot->operation == BLKIF_OP_WRITE)
		return -EIO;
	serve_unknown(bf, slot);
	return -EOPNOTSUPP;
}

/* Flushes that failed because the operation is unknown are tried with the other. */
static bool serve_flush_again(struct blkfront *bf, int status)
{
	if (status != -EOPNOTSUPP || !bf->info.flush)
		return false;
	bf->flushing = false;
	for (struct blkfront_request *request = bf->first; request; request = request->next) {
		if (request->phase != REQUEST_FLUSH)
			continue;
		request->phase = REQUEST_FLUSH_WAIT;
		bf->flush_waits++;
	}
	return true;
}

/* One response. False: the device has been stopped. */
static bool serve_response(struct blkfront_queue *queue, const struct blkif_response *rsp)
{
	struct blkfront *bf = queue->bf;
	const uint64_t index = rsp->id % RING_SLOTS_MAX;
	struct blkfront_slot *slot = &queue->slot[index % queue->ring.size], done = *slot;
	bool mapped = false;
	int status;

	if (rsp->id == 0 || slot->id != rsp->id) {
		xenbus_device_fail(bf->device, -EPROTO, "response to no request: %llu",
				   (unsigned long long)rsp->id);
		return false;
	}
	/* Of an indirect request the header says one thing, and Linux's blkback does the other. */
	if (rsp->operation != slot->operation &&
	    !(slot->indirect && rsp->operation == BLKIF_OP_INDIRECT)) {
		xenbus_device_fail(bf->device, -EPROTO, "response to another operation: %u",
				   rsp->operation);
		return false;
	}
	status = serve_status(bf, slot, rsp->status);
	slot_put(queue, slot);
	for (uint16_t at = done.segment, next; at != NONE; at = next) {
		next = queue->segment[at].next;
		mapped |= !serve_segment(queue, at, &done, status);
	}
	if (mapped) {
		xenbus_device_fail(bf->device, -EPROTO,
				   "a page that it has answered for is still mapped");
		return false;
	}
	if (done.request != NULL)
		serve_discard(bf, done.request, status);
	else if (done.segment == NONE && !serve_flush_again(bf, status))
		serve_flush(bf, status);
	return true;
}

/*
 * Takes what is there at the first look; should more come meanwhile, the threads that wait for
 * these run first.
 */
void serve(void *arg)
{
	struct blkfront_queue *queue = arg;
	struct blkfront *bf = queue->bf;
	int waiting, more;

	if (!bf->info.connected)
		return;
	more = waiting = front_ring_responses(&queue->ring);
	bf->holding = true;
	for (int i = 0; i < waiting; i++) {
		const struct blkif_sring *sring = (struct blkif_sring *)queue->ring.shared;
		ring_idx_t at = ring_slot(queue->ring.rsp_cons++, queue->ring.size);
		struct blkif_response rsp;

		copy_once(&rsp, &sring->ring[at].rsp);
		if (!serve_response(queue, &rsp)) {
			bf->holding = false;
			return;
		}
	}
	bf->holding = false;
	bf->heard |= waiting > 0;
	if (waiting >= 0)
		more = front_ring_ask(&queue->ring, 1);
	if (more < 0) {
		xenbus_device_fail(bf->device, -EPROTO, "impossible index in the ring");
		return;
	}
	if (more > 0)
		timer_set(&queue->again, TIME_POLL, serve, queue);
	issue_all(bf);
}
