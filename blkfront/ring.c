/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data plane. A request takes a slot of our private table and, for its data, pages from a pool
 * that was granted when the device connected:
 *
 *   blkfront_submit ─► queue ─► ring_pump                            blkback
 *                                slot, pages; writes are copied in
 *                                request {operation, id, sector,
 *                                         segments} ──► ring ───►     maps the pages, does it,
 *                                                                     lets them go
 *   done(status) ◄── ring_serve                         ring ◄───     response {id, status}
 *                     is id that of a slot in use? reads are
 *                     copied out; slot and pages are free again
 *
 * Responses come in any order. An id is a number with the slot in its low bits, and is never used
 * twice, so that an answer can be claimed once and a stale one claims nothing.
 *
 * One segment is a page of data, of which the sectors first_sect … last_sect count:
 *
 *   | data of the request …             | len
 *   +----------+----------+------
 *   | 0 … 7    | 0 … 7    | 0 … 3         a page holds 8 sectors of RING_SECTOR bytes
 */
#include <string.h>

#include "blkfront/device.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/time.h"

int ring_open(struct blkfront *bf)
{
	int error = shared_page_open(&bf->ring_page, bf->device->backend_id);

	if (error != 0)
		return error;
	front_ring_init(&bf->ring, bf->ring_page.data, PAGE_SIZE,
			offsetof(struct blkif_sring, ring), sizeof(union blkif_sring_entry));
	ASSERT(bf->ring.size == RING_SLOTS);
	for (uint8_t i = 0; i < RING_SLOTS; i++) {
		bf->slot[i].request = NULL;
		bf->unused_slot[i] = i;
	}
	bf->unused_slots = RING_SLOTS;
	for (uint8_t i = 0; i < DATA_PAGES; i++) {
		error = shared_page_open(&bf->page[i], bf->device->backend_id);
		if (error != 0)
			return error;
		bf->unused_page[i] = i;
	}
	bf->unused_pages = DATA_PAGES;
	return 0;
}

void ring_close(struct blkfront *bf)
{
	shared_page_close(&bf->ring_page);
	for (size_t i = 0; i < DATA_PAGES; i++)
		shared_page_close(&bf->page[i]);
}

/* --- out --------------------------------------------------------------------------------- */

int request_check(const struct blkfront *bf, const struct blkfront_request *request)
{
	const struct blkfront_info *info = &bf->info;
	uint64_t size = info->sectors * info->sector_size;

	if (request->op == BLKFRONT_FLUSH)
		return info->flush ? 0 : -EOPNOTSUPP;
	if (request->op == BLKFRONT_WRITE && info->readonly)
		return -EROFS;
	if (request->len == 0 || request->len > BLKFRONT_REQUEST_MAX ||
	    ((request->offset | request->len) & (info->sector_size - 1)) != 0 ||
	    request->offset > size || request->len > size - request->offset)
		return -EINVAL;
	return 0;
}

static uint8_t ring_operation(const struct blkfront *bf, enum blkfront_op op)
{
	switch (op) {
	case BLKFRONT_READ:
		return BLKIF_OP_READ;
	case BLKFRONT_WRITE:
		return BLKIF_OP_WRITE;
	default:
		return bf->flush_operation;
	}
}

static struct blkif_request *ring_request(struct blkfront *bf)
{
	struct blkif_sring *sring = (struct blkif_sring *)bf->ring.shared;

	return &sring->ring[ring_slot(bf->ring.req_prod++, bf->ring.size)].req;
}

static void ring_start(struct blkfront *bf, struct blkfront_request *request)
{
	uint8_t index = bf->unused_slot[--bf->unused_slots];
	struct blkfront_slot *slot = &bf->slot[index];
	size_t len = request->op == BLKFRONT_FLUSH ? 0 : request->len;

	slot->request = request;
	slot->id = ++bf->last_id * RING_SLOTS + index;
	slot->pages = 0;
	slot->operation = ring_operation(bf, request->op);

	/* Made in private and copied whole; not even its padding tells of anything else. */
	struct blkif_request out;
	memset(&out, 0, sizeof(out));
	out.operation = slot->operation;
	out.handle = (blkif_vdev_t)bf->device->id;
	out.id = slot->id;
	out.sector_number = len == 0 ? 0 : request->offset / RING_SECTOR;
	for (size_t at = 0; at < len; at += PAGE_SIZE) {
		size_t piece = len - at < PAGE_SIZE ? len - at : PAGE_SIZE;
		uint8_t number = bf->unused_page[--bf->unused_pages];

		if (request->op == BLKFRONT_WRITE)
			memcpy(bf->page[number].data, (const char *)request->data + at, piece);
		slot->page[slot->pages++] = number;
		out.seg[out.nr_segments].gref = bf->page[number].ref;
		out.seg[out.nr_segments++].last_sect = (uint8_t)(piece / RING_SECTOR - 1);
	}
	*ring_request(bf) = out;
}

static void queue_push(struct blkfront *bf, struct blkfront_request *request)
{
	request->next = NULL;
	*bf->queue_end = request;
	bf->queue_end = &request->next;
}

static struct blkfront_request *queue_pop(struct blkfront *bf)
{
	struct blkfront_request *request = bf->queue;

	bf->queue = request->next;
	if (bf->queue == NULL)
		bf->queue_end = &bf->queue;
	return request;
}

static void request_done(struct blkfront *bf, struct blkfront_request *request, int status)
{
	bf->outstanding--;
	request->done(request, status);
}

static void ring_count(struct blkfront *bf, const struct blkfront_request *request)
{
	switch (request->op) {
	case BLKFRONT_READ:
		bf->stats.reads++;
		bf->stats.read_bytes += request->len;
		break;
	case BLKFRONT_WRITE:
		bf->stats.writes++;
		bf->stats.write_bytes += request->len;
		break;
	case BLKFRONT_FLUSH:
		bf->stats.flushes++;
		break;
	}
}

void ring_pump(struct blkfront *bf)
{
	bool started = false;

	while (bf->info.connected && bf->queue != NULL && bf->unused_slots > 0) {
		struct blkfront_request *request = bf->queue;
		size_t pages = request->op == BLKFRONT_FLUSH ? 0 : pages_of(request->len);
		/* The disk may have come back with another size. */
		int error = request_check(bf, request);

		if (error == 0 && pages > bf->unused_pages)
			break;
		queue_pop(bf);
		if (error != 0) {
			request_done(bf, request, error == -EOPNOTSUPP ? error : -EIO);
			continue;
		}
		ring_start(bf, request);
		ring_count(bf, request);
		started = true;
	}
	/* done above may have submitted, and then all is published already. */
	if (started && front_ring_publish(&bf->ring))
		xenbus_channel_notify(&bf->channel);
}

int blkfront_submit(struct blkfront *bf, struct blkfront_request *request)
{
	int error = bf->removed ? -EIO : request_check(bf, request);

	if (error != 0)
		return error;
	if (bf->outstanding++ == 0)
		watchdog_start(bf);
	queue_push(bf, request);
	ring_pump(bf);
	if (bf->queue != NULL)
		bf->stats.queued++;
	return 0;
}

/* --- back -------------------------------------------------------------------------------- */

static int response_status(struct blkfront *bf, const struct blkif_response *rsp)
{
	if (rsp->status == BLKIF_RSP_OKAY)
		return 0;
	bf->stats.errors++;
	if (rsp->status != BLKIF_RSP_EOPNOTSUPP)
		return -EIO;
	/* Offered, and not there after all: it is not asked for again. */
	if (rsp->operation == bf->flush_operation)
		bf->info.flush = false;
	return -EOPNOTSUPP;
}

/* One response, of which nothing is believed. False: the device has been stopped. */
static bool ring_response(struct blkfront *bf, const struct blkif_response *rsp)
{
	struct blkfront_slot *slot = &bf->slot[rsp->id % RING_SLOTS];
	struct blkfront_request *request = slot->request;

	if (request == NULL || slot->id != rsp->id) {
		xenbus_device_fail(bf->device, -EPROTO, "response to no request: %llu",
				   (unsigned long long)rsp->id);
		return false;
	}
	if (rsp->operation != slot->operation) {
		xenbus_device_fail(bf->device, -EPROTO, "response to another operation: %u",
				   rsp->operation);
		return false;
	}

	int status = response_status(bf, rsp);
	for (size_t i = 0; i < slot->pages; i++) {
		size_t at = i * PAGE_SIZE;
		size_t piece = request->len - at < PAGE_SIZE ? request->len - at : PAGE_SIZE;

		if (request->op == BLKFRONT_READ && status == 0)
			copy_once_bytes((char *)request->data + at, bf->page[slot->page[i]].data,
					piece);
		bf->unused_page[bf->unused_pages++] = slot->page[i];
	}
	slot->request = NULL;
	bf->unused_slot[bf->unused_slots++] = (uint8_t)(rsp->id % RING_SLOTS);
	request_done(bf, request, status);
	return true;
}

/*
 * Takes what is there at the first look; should more come meanwhile, the threads that wait for
 * these run first.
 */
void ring_serve(void *arg)
{
	struct blkfront *bf = arg;

	if (!bf->info.connected)
		return;
	int waiting = front_ring_responses(&bf->ring);
	int more = waiting;

	for (int i = 0; i < waiting; i++) {
		struct blkif_sring *sring = (struct blkif_sring *)bf->ring.shared;
		struct blkif_response rsp;

		copy_once(&rsp, &sring->ring[ring_slot(bf->ring.rsp_cons++, bf->ring.size)].rsp);
		if (!ring_response(bf, &rsp) || !bf->info.connected)
			return;
	}
	if (waiting > 0)
		bf->heard_ns = time_monotonic_ns();
	if (waiting >= 0)
		more = front_ring_ask(&bf->ring, 1);
	if (more < 0) {
		xenbus_device_fail(bf->device, -EPROTO, "impossible index in the ring");
		return;
	}
	if (more > 0)
		timer_set(&bf->again, TIME_POLL, ring_serve, bf);
	ring_pump(bf);
}

/*
 * Their data is still the caller's, and a request that is done twice does no harm: the backend
 * may have done it already and not told. So they simply go to the next connection, before those
 * that have waited behind them.
 */
void ring_requeue(struct blkfront *bf)
{
	struct blkfront_request *behind = bf->queue, **behind_end = bf->queue_end;

	bf->queue = NULL;
	bf->queue_end = &bf->queue;
	for (size_t i = 0; i < RING_SLOTS; i++) {
		struct blkfront_request *request = bf->slot[i].request;

		if (request == NULL)
			continue;
		bf->slot[i].request = NULL;
		bf->stats.retried++;
		queue_push(bf, request);
	}
	if (behind != NULL) {
		*bf->queue_end = behind;
		bf->queue_end = behind_end;
	}
}

void queue_fail(struct blkfront *bf, int status)
{
	/* A callback may submit anew: those are not for this round. */
	for (unsigned int count = bf->outstanding; count > 0 && bf->queue != NULL; count--)
		request_done(bf, queue_pop(bf), status);
}
