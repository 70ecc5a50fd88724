/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in. Pages of ours lie with netback (pages.c), which copies each frame into as many of them
 * as it takes:
 *
 *   pages_post: request {id, gref} ──► ring ────►  netback takes the next pages
 *                                                  copies the frame
 *   rx_serve: responses            ◄── ring ◄────  {id, offset, flags, status = length} …
 *     is id with netback? then its page is ours again
 *     do offset and length lie in the page?
 *     a short frame: the client copies it out, and the page goes back as it is
 *     a long one: grants are ended, and the client may take the pages
 *
 *	frame:  | first: extra_info, more_data | extra: GSO | more | more | last |
 *
 * A slot of extra information has no id. The page whose request it answers is the one that was
 * posted in the same slot, since netback answers in the order of the requests (xen/io/netif.h).
 *
 * A response copied once is checked and then used; what netback writes into the slot later cannot
 * matter. What it writes into the page later could: so the client either copies the frame once, or
 * gets pages that netback cannot write to any more.
 */
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/time.h"

/* Up to here a copy is cheaper than ending a grant and making another. */
#define COPY_MAX 512u

int rx_open(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;
	int error = shared_page_open(&rx->ring_page, queue->nf->device->backend_id);

	if (error != 0)
		return error;
	front_ring_init(&rx->ring, rx->ring_page.data, PAGE_SIZE, offsetof(netif_rx_sring_t, ring),
			sizeof(union netif_rx_sring_entry));
	ASSERT(rx->ring.size == RING_SLOTS);
	for (uint16_t i = 0; i < RING_SLOTS; i++)
		rx->unused_id[i] = (uint16_t)(RING_SLOTS - 1 - i);
	rx->unused_ids = RING_SLOTS;
	rx->frame.pieces = 0;
	rx->more_data = rx->more_extra = rx->bad = false;
	pages_post(queue);
	return rx->unused_ids < RING_SLOTS ? 0 : -ENOMEM;
}

void rx_close(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;

	timer_cancel(&rx->again);
	for (unsigned int i = 0; i < rx->frame.pieces; i++)
		pages_return(rx->frame.piece[i].page);
	rx->frame.pieces = 0;
	pages_close(queue);
	shared_page_close(&rx->ring_page);
}

/* Breaks off: the device is stopped, and closed before long. */
static bool rx_violation(struct netfront_queue *queue, const char *what, unsigned int value)
{
	xenbus_device_fail(queue->nf->device, -EPROTO, "%s: %u", what, value);
	return false;
}

/* --- a frame that is complete ---------------------------------------------------------------- */

/* A frame that the client may keep is out of the back end's reach first. */
static bool rx_take_back(struct netfront_queue *queue)
{
	struct netfront_received *frame = &queue->rx.frame;

	for (unsigned int i = 0; i < frame->pieces; i++) {
		struct netfront_page *page = frame->piece[i].page;

		if (gnttab_end(page->ref) != 0)
			return rx_violation(queue, "a page that it has filled is still mapped, of",
					    page->ref);
		page->granted = false;
	}
	return true;
}

static bool rx_fits(const struct netfront *nf, const struct netfront_received *frame)
{
	size_t max = frame_max(nf) + VLAN_TAG;

	return frame->len >= FRAME_HEADER &&
	       frame->len <=
		       (frame->gso_type != XEN_NETIF_GSO_TYPE_NONE ? NETFRONT_FRAME_MAX : max);
}

/* False: the device has been stopped. */
static bool rx_deliver(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;
	struct netfront_received *frame = &rx->frame;
	struct netfront *nf = queue->nf;
	bool copied = frame->pieces == 1 && (frame->len <= COPY_MAX || !nf->features.lend);
	bool taken;

	if (!copied && !rx_take_back(queue))
		return false;
	frame->lendable = !copied && nf->features.lend && rx->lent + frame->pieces <= rx->lent_max;
	nf->stats.rx_nobuf += !copied && !frame->lendable;
	nf->stats.rx_packets++;
	nf->stats.rx_bytes += frame->len;
	nf->stats.rx_gso += frame->gso_type != XEN_NETIF_GSO_TYPE_NONE;
	taken = nf->client->receive(nf->client->context, frame) && frame->lendable;
	if (!taken)
		return nf->connected;
	rx->lent += frame->pieces;
	nf->stats.rx_lent += frame->pieces;
	for (unsigned int i = 0; i < frame->pieces; i++)
		frame->piece[i].page->offset =
			(uint16_t)((uintptr_t)frame->piece[i].data & PAGE_MASK);
	frame->pieces = 0; /* they are the client's */
	return nf->connected;
}

static bool rx_complete(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;
	struct netfront_received *frame = &rx->frame;
	struct netfront *nf = queue->nf;
	bool blank = (rx->flags & NETRXF_csum_blank) != 0, live = true;

	frame->checksum_good = (rx->flags & (NETRXF_csum_blank | NETRXF_data_validated)) != 0;
	/* A checksum that was left to us although that was not offered. */
	if (blank && !nf->features.checksum_ipv4 && !nf->features.checksum_ipv6)
		rx->bad = true;
	if (rx->bad || frame->pieces == 0 || !rx_fits(nf, frame))
		nf->stats.rx_dropped++;
	else if (nf->client == NULL || nf->client->receive == NULL)
		nf->stats.rx_unclaimed++;
	else
		live = rx_deliver(queue);
	for (unsigned int i = 0; i < frame->pieces; i++)
		pages_return(frame->piece[i].page);
	frame->pieces = 0;
	rx->bad = false;
	return live;
}

/* --- slots ----------------------------------------------------------------------------------- */

/* The page that was posted with this id; NULL if there is none. */
static struct netfront_page *rx_claim(struct netfront_rx *rx, uint16_t id)
{
	struct netfront_page *page = id < RING_SLOTS ? rx->posted[id] : NULL;

	if (page == NULL)
		return NULL;
	rx->posted[id] = NULL;
	rx->unused_id[rx->unused_ids++] = id;
	return page;
}

static bool rx_extra(struct netfront_queue *queue, ring_idx_t slot)
{
	struct netfront_rx *rx = &queue->rx;
	struct netfront *nf = queue->nf;
	struct netfront_page *page = rx_claim(rx, rx->id_at[slot]);
	union netif_rx_sring_entry *entry = &rx_sring(rx)->ring[slot];
	struct netif_extra_info extra = {0};
	bool gso;

	copy_once_bytes(&extra, entry, sizeof(*entry));
	if (page == NULL)
		return rx_violation(queue, "extra information in a slot not posted", slot);
	pages_return(page);
	if (++rx->extras >= XEN_NETIF_EXTRA_TYPE_MAX)
		return rx_violation(queue, "extra information without end", rx->extras);
	gso = (extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 && nf->features.gso_ipv4) ||
	      (extra.u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && nf->features.gso_ipv6);
	if (extra.type != XEN_NETIF_EXTRA_TYPE_GSO || !gso || extra.u.gso.size == 0)
		return rx_violation(queue, "extra information that was not agreed upon, of type",
				    extra.type);
	rx->frame.gso_type = extra.u.gso.type;
	rx->frame.gso_size = extra.u.gso.size;
	rx->more_extra = (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
	return true;
}

static void rx_begin(struct netfront_rx *rx, uint16_t flags)
{
	rx->flags = flags;
	rx->extras = 0;
	rx->more_extra = (flags & NETRXF_extra_info) != 0;
	rx->frame.len = 0;
	rx->frame.gso_type = XEN_NETIF_GSO_TYPE_NONE;
	rx->frame.gso_size = 0;
}

static bool rx_part(struct netfront_queue *queue, const struct netif_rx_response *rsp)
{
	struct netfront_rx *rx = &queue->rx;
	struct netfront_received *frame = &rx->frame;
	struct netfront_page *page = rx_claim(rx, rsp->id);
	size_t len = rsp->status > 0 ? (size_t)rsp->status : 0;

	if (page == NULL)
		return rx_violation(queue, "frame in a page that is not with it", rsp->id);
	if (rsp->offset + len > PAGE_SIZE || frame->pieces == NETFRONT_SLOTS_MAX) {
		pages_return(page);
		return rx_violation(queue, "impossible frame, at", rsp->offset);
	}
	if (!rx->more_data)
		rx_begin(rx, rsp->flags);
	rx->more_data = (rsp->flags & NETRXF_more_data) != 0;
	if (rsp->status < 0) {
		queue->nf->stats.rx_errors += !rx->bad;
		rx->bad = true;
	}
	/* A part of no bytes is dropped, lest there be no end of them. */
	rx->bad |= len == 0;
	frame->piece[frame->pieces].data = (char *)page->data + rsp->offset;
	frame->piece[frame->pieces].len = len;
	frame->piece[frame->pieces++].page = page;
	frame->len += len;
	return true;
}

/* The next response in the ring. False: the device has been stopped. */
static bool rx_response(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;
	ring_idx_t slot = ring_slot(rx->ring.rsp_cons++, rx->ring.size);
	struct netif_rx_response rsp;
	bool live;

	if (rx->more_extra) {
		live = rx_extra(queue, slot);
	} else {
		copy_once(&rsp, &rx_sring(rx)->ring[slot].rsp);
		live = rx_part(queue, &rsp);
	}
	if (live && !rx->more_extra && !rx->more_data)
		live = rx_complete(queue);
	return live;
}

/* A burst that took more than half of what was posted: twice as much next time. */
static void rx_adapt(struct netfront_rx *rx, unsigned int burst)
{
	if (burst <= rx->target / 2 || rx->target == rx->target_max)
		return;
	rx->target = 2 * rx->target < rx->target_max ? 2 * rx->target : rx->target_max;
}

/*
 * Only what is there at the first look is taken, a ring's worth at most, so that a flood of
 * frames cannot keep this from returning and the threads that the frames are for from running.
 * More that have come meanwhile are taken after those threads.
 */
void rx_serve(void *arg)
{
	struct netfront_queue *queue = arg;
	struct netfront_rx *rx = &queue->rx;
	struct netfront *nf = queue->nf;
	int waiting, more;

	if (!nf->connected)
		return;
	waiting = front_ring_responses(&rx->ring);
	for (int i = 0; i < waiting; i++)
		if (!rx_response(queue) || !nf->connected)
			return;
	more = waiting;
	if (waiting > 0) {
		rx_adapt(rx, (unsigned int)waiting);
		if (pages_post(queue))
			xenbus_channel_notify(&queue->rx_channel);
	}
	if (waiting >= 0)
		more = front_ring_ask(&rx->ring, 1);
	if (more < 0)
		rx_violation(queue, "impossible index in the receive ring",
			     access_once(rx->ring.shared->rsp_prod));
	else if (more > 0)
		timer_set(&rx->again, TIME_POLL, rx_serve, queue);
}
