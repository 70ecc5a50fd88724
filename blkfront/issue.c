/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests onto the rings: what goes next. Data in issue_data.c; what has none here.
 *
 * What is submitted while others are under way is held until the next safe point, or until responses
 * have been taken, so that what touches meets, and the back end is notified once for all of it. A
 * request that comes when nothing is under way goes out at once.
 *
 * Of flushes one is in flight at a time. All who come to want one meanwhile share the next.
 */
#include <errno.h>
#include <string.h>

#include "blkfront/device.h"
#include "unikernel/core/time.h"

void issue_begun(struct blkfront *bf)
{
	bf->unissued--;
	if (bf->waited > bf->unissued)
		bf->waited = bf->unissued;
}

/* It cannot go out: the disk has become another since it was submitted, or there is nothing to do. */
static void issue_without(struct blkfront *bf, struct blkfront_request *request, int status)
{
	issue_begun(bf);
	request->status = status == -EINVAL || status == -EROFS ? -EIO : status;
	request->issued = request->len;
	vbd_request_finish(bf, request);
}

static bool issue_discard(struct blkfront_queue *queue, struct blkfront_request *request)
{
	struct blkfront *bf = queue->bf;
	struct blkif_request_discard out;
	struct blkfront_slot *slot;

	memset(&out, 0, sizeof(out));
	if (!discard_range(&bf->info, request, &out.sector_number, &out.nr_sectors)) {
		issue_without(bf, request, 0);
		return true;
	}
	slot = slot_take(queue);
	slot->operation = out.operation = BLKIF_OP_DISCARD;
	slot->request = request;
	out.flag = request->secure ? BLKIF_DISCARD_SECURE : 0;
	out.handle = (blkif_vdev_t)bf->device->id;
	out.id = slot->id;
	vbd_queue_put(queue, &out, sizeof(out));
	issue_begun(bf);
	request->issued = request->len;
	request->in_flight = 1;
	bf->stats.discards++;
	return true;
}

/* For all that wait for one. */
static void issue_flush(struct blkfront_queue *queue)
{
	struct blkfront *bf = queue->bf;
	struct blkfront_slot *slot = slot_take(queue);
	struct blkif_request out;

	/* A barrier without data does all that a flush does, and more. */
	slot->operation =
		bf->info.features.flush ? BLKIF_OP_FLUSH_DISKCACHE : BLKIF_OP_WRITE_BARRIER;
	memset(&out, 0, sizeof(out));
	out.operation = slot->operation;
	out.handle = (blkif_vdev_t)bf->device->id;
	out.id = slot->id;
	vbd_queue_put(queue, &out, sizeof(out));
	for (struct blkfront_request *request = bf->first; request; request = request->next)
		if (request->phase == REQUEST_FLUSH_WAIT)
			request->phase = REQUEST_FLUSH;
	bf->flush_waits = 0;
	bf->flushing = true;
	bf->stats.flushes++;
}

/* The disk has come back without. */
static void issue_no_flush(struct blkfront *bf)
{
	for (struct blkfront_request *request = bf->first, *next; request; request = next) {
		next = request->next;
		if (request->phase != REQUEST_FLUSH_WAIT)
			continue;
		bf->flush_waits--;
		request->status = -EOPNOTSUPP;
		vbd_request_finish(bf, request);
	}
}

/* --- all of it --------------------------------------------------------------------------- */

/* The first that has something to go out; those that wait for their pages are passed over. */
static struct blkfront_request *issue_next(struct blkfront *bf)
{
	struct blkfront_request *request = bf->next;

	while (request != NULL && (request->phase != REQUEST_DATA || request->parked > 0 ||
				   request->issued == request->len))
		request = request->next;
	return bf->next = request;
}

static bool issue_request(struct blkfront_queue *queue, struct blkfront_request *request)
{
	int error = request->issued == 0 ? vbd_request_check(queue->bf, request) : 0;

	if (error != 0) {
		issue_without(queue->bf, request, error);
		return true;
	}
	return request->op == BLKFRONT_DISCARD ? issue_discard(queue, request)
					       : issue_data(queue, request);
}

/* One more on a ring. False: there is nothing, or no room. */
static bool issue_one(struct blkfront *bf)
{
	const bool flush = bf->flush_waits > 0 && !bf->flushing;
	struct blkfront_request *request = flush ? NULL : issue_next(bf);
	struct blkfront_queue *queue;

	if (flush && !bf->info.flush) {
		issue_no_flush(bf);
		return true;
	}
	if (!flush && request == NULL)
		return false;
	queue = vbd_queue_pick(bf);
	if (queue != NULL && flush)
		issue_flush(queue);
	else if (queue == NULL || !issue_request(queue, request))
		bf->full = true;
	return !bf->full;
}

void issue_all(struct blkfront *bf)
{
	timer_cancel(&bf->show);
	if (!bf->info.connected || bf->holding)
		return;
	bf->holding = true;
	bf->full = false;
	while (issue_one(bf))
		;
	bf->holding = false;
	if (bf->full) {
		bf->stats.queued += bf->unissued - bf->waited;
		bf->waited = bf->unissued;
	}
	for (unsigned int i = 0; i < bf->info.features.queues; i++) {
		struct blkfront_queue *queue = bf->queue[i];

		if (queue->ring.published != queue->ring.req_prod &&
		    front_ring_publish(&queue->ring))
			xenbus_channel_notify(&queue->channel);
	}
}

static void issue_timer(void *bf)
{
	issue_all(bf);
}

void issue_soon(struct blkfront *bf)
{
	if (!timer_is_set(&bf->show))
		timer_set(&bf->show, TIME_POLL, issue_timer, bf);
}
