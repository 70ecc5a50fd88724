/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requests that are not done yet, in the order of submission:
 *
 *	first ─► [done but for a part] [in flight] [waits for a flush] [half out] [waits] [waits] ◄─ last
 *	                                                                  ▲
 *	                                                                 next
 *
 * Parts that are with the back end are found by the slot of their ring alone. When the back end goes,
 * all of it is forgotten, and next is the first again: the data is still the caller's, and
 * what the back end has done and not told does no harm when it is done twice.
 */
#include <errno.h>

#include "blkfront/device.h"

/* --- is it one for this disk? ------------------------------------------------------------ */

bool vbd_request_fits(const struct blkfront *bf, const struct blkfront_request *request)
{
	const uint64_t size = bf->info.sectors * bf->info.sector_size;

	return request->offset <= size && request->len <= size - request->offset;
}

bool discard_range(const struct blkfront_info *info, const struct blkfront_request *request,
		   uint64_t *sector, uint64_t *count)
{
	const uint64_t granule = info->discard_granularity, first = info->discard_alignment;
	uint64_t from = request->offset, to = request->offset + request->len;

	/* Whole granules inside. Before the first there are none. */
	from = from <= first ? first : first + (from - first + granule - 1) / granule * granule;
	to = to <= first ? first : first + (to - first) / granule * granule;
	*sector = from / RING_SECTOR;
	*count = from < to ? (to - from) / RING_SECTOR : 0;
	return *count > 0;
}

/* The parts of a scatter list are whole sectors, and nothing is missing. */
static bool pieces_add_up(const struct blkfront_request *request, uint32_t sector_size)
{
	size_t left = request->len;

	if (request->pieces == 0)
		return true;
	for (unsigned int i = 0; i < request->pieces; i++) {
		size_t len = request->piece[i].len;

		if (len == 0 || len > left || (len & (sector_size - 1)) != 0)
			return false;
		left -= len;
	}
	return left == 0;
}

static int range_check(const struct blkfront *bf, const struct blkfront_request *request)
{
	const uint32_t sector_size = bf->info.sector_size;

	if (request->len == 0 || ((request->offset | request->len) & (sector_size - 1)) != 0 ||
	    !vbd_request_fits(bf, request))
		return -EINVAL;
	return 0;
}

static int discard_check(const struct blkfront *bf, const struct blkfront_request *request)
{
	const struct blkfront_info *info = &bf->info;
	uint64_t sector, count;

	if (info->readonly)
		return -EROFS;
	if (!(request->secure ? info->discard_secure : info->discard))
		return -EOPNOTSUPP;
	if (range_check(bf, request) != 0)
		return -EINVAL;
	/* What must not be left over. */
	if (request->secure &&
	    (!discard_range(info, request, &sector, &count) || count != request->len / RING_SECTOR))
		return -EINVAL;
	return 0;
}

int vbd_request_check(const struct blkfront *bf, const struct blkfront_request *request)
{
	const struct blkfront_info *info = &bf->info;

	switch (request->op) {
	case BLKFRONT_FLUSH:
		return info->flush ? 0 : -EOPNOTSUPP;
	case BLKFRONT_DISCARD:
		return discard_check(bf, request);
	case BLKFRONT_WRITE:
		if (info->readonly)
			return -EROFS;
		if (request->fua && !info->fua)
			return -EOPNOTSUPP;
		break;
	case BLKFRONT_READ:
		break;
	default:
		return -EINVAL;
	}
	if (request->len > BLKFRONT_REQUEST_MAX || !pieces_add_up(request, info->sector_size))
		return -EINVAL;
	return range_check(bf, request);
}

/* --- from its submission to its end ------------------------------------------------------ */

/*
 * From its beginning. So is a write with fua of which only the flush was left: what it wrote may have
 * gone with the cache of the back end that took it.
 */
static void vbd_request_rewind(struct blkfront *bf, struct blkfront_request *request)
{
	request->issued = 0;
	request->piece_at = 0;
	request->piece_from = 0;
	request->in_flight = 0;
	request->status = 0;
	if (request->op == BLKFRONT_FLUSH) {
		/* It has no data, and waits for nothing else. */
		request->phase = REQUEST_FLUSH_WAIT;
		bf->flush_waits++;
	} else {
		request->phase = REQUEST_DATA;
		bf->unissued++;
	}
}

static void vbd_request_enter(struct blkfront *bf, struct blkfront_request *request)
{
	request->disk = bf;
	request->parked = 0;
	vbd_request_rewind(bf, request);

	request->next = NULL;
	request->prev = bf->last;
	if (bf->last != NULL)
		bf->last->next = request;
	else
		bf->first = request;
	bf->last = request;
	if (bf->next == NULL && request->phase == REQUEST_DATA)
		bf->next = request;
	if (bf->outstanding++ == 0)
		watchdog_start(bf);
}

int blkfront_submit(struct blkfront *bf, struct blkfront_request *request)
{
	int error = bf->removed ? -EIO : vbd_request_check(bf, request);

	if (error != 0)
		return error;
	vbd_request_enter(bf, request);
	if (bf->full && request->phase == REQUEST_DATA) {
		bf->stats.queued++;
		bf->waited++;
	}
	if (!bf->info.connected || bf->holding || bf->full)
		return 0;
	/* A discard of less than a granule is done without the back end, and not from in here. */
	if (bf->on_ring == 0 && !timer_is_set(&bf->show) && request->op != BLKFRONT_DISCARD)
		issue_all(bf);
	else
		issue_soon(bf);
	return 0;
}

static void vbd_request_end(struct blkfront *bf, struct blkfront_request *request)
{
	if (bf->next == request)
		bf->next = request->next;
	*(request->prev != NULL ? &request->prev->next : &bf->first) = request->next;
	*(request->next != NULL ? &request->next->prev : &bf->last) = request->prev;
	bf->outstanding--;
	request->done(request, request->status);
}

void vbd_request_finish(struct blkfront *bf, struct blkfront_request *request)
{
	if (request->op == BLKFRONT_WRITE && request->fua && request->status == 0 &&
	    request->phase == REQUEST_DATA) {
		request->phase = REQUEST_FLUSH_WAIT;
		bf->flush_waits++;
		return;
	}
	vbd_request_end(bf, request);
}

void vbd_request_page_back(void *arg)
{
	struct blkfront_request *request = arg;
	struct blkfront *bf = request->disk;

	if (--request->parked > 0)
		return;
	if (request->phase == REQUEST_ENDING) {
		vbd_request_end(bf, request);
		blkfront_let_go(bf);
		return;
	}
	/* It was passed over. */
	bf->next = bf->first;
	issue_soon(bf);
}

/* --- when a connection ends -------------------------------------------------------------- */

void vbd_requests_rewind(struct blkfront *bf)
{
	bf->next = bf->first;
	bf->unissued = bf->waited = bf->flush_waits = bf->on_ring = 0;
	bf->flushing = bf->full = false;
	for (struct blkfront_request *request = bf->first; request; request = request->next) {
		bf->stats.retried += request->issued > 0 || request->phase == REQUEST_FLUSH;
		if (request->phase != REQUEST_ENDING)
			vbd_request_rewind(bf, request);
	}
}

void vbd_requests_fail(struct blkfront *bf, int status)
{
	/* A callback may submit anew: those are not for this round. */
	struct blkfront_request *const last = bf->last;
	struct blkfront_request *request, *next = bf->first;

	bf->holding = true;
	do {
		request = next;
		if (request == NULL)
			break;
		next = request->next;
		request->status = status;
		if (request->phase == REQUEST_DATA)
			bf->unissued--;
		if (request->phase == REQUEST_FLUSH_WAIT)
			bf->flush_waits--;
		request->phase = REQUEST_ENDING;
		request->issued = request->len;
		if (request->parked == 0)
			vbd_request_end(bf, request);
	} while (request != last);
	bf->holding = false;
	bf->waited = bf->unissued;
}
