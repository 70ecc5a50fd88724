/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames in. Pages of ours lie with netback, which copies each frame into one of them:
 *
 *   rx_post: request {id, gref} ──► ring ────►  netback takes the next page
 *                                               copies the frame
 *   rx_drain: response          ◄── ring ◄────  {id, offset, flags, status = length}
 *     is id with netback? then page[id] is ours again
 *     do offset and length lie in the page?
 *     the client copies the frame out, and the page goes back
 *
 * A response copied once is checked and then used; what netback writes into the slot or the page
 * later cannot matter, except to the content of a frame, which is a stranger's anyway.
 *
 * A frame takes one response, since scatter-gather is not offered; should it take several after
 * all, it is dropped whole. A slot of extra information, which netback sends only with features
 * that are not offered, would carry no id to find its page by: that is a violation.
 */
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/panic.h"

/* netback passes a tag on, which the mtu does not count. */
#define VLAN_TAG 4u

static struct netif_rx_sring *rx_sring(const struct netfront_rx *rx)
{
	return (struct netif_rx_sring *)rx->ring.shared;
}

/* Gives page id to the backend. There are fewer pages than slots, so there is always room. */
static void rx_post(struct netfront_rx *rx, uint16_t id)
{
	ring_idx_t slot = ring_slot(rx->ring.req_prod++, rx->ring.size);

	rx->posted[id] = true;
	rx_sring(rx)->ring[slot].req = (struct netif_rx_request){
		.id = id,
		.gref = rx->page[id].ref,
	};
}

int rx_open(struct netfront *nf)
{
	struct netfront_rx *rx = &nf->rx;
	int error = shared_page_open(&rx->ring_page, nf->device->backend_id);

	if (error != 0)
		return error;
	front_ring_init(&rx->ring, rx->ring_page.data, PAGE_SIZE,
			offsetof(struct netif_rx_sring, ring), sizeof(union netif_rx_sring_entry));
	ASSERT(rx->ring.size > RX_PAGES);
	rx->more_data = false;
	for (uint16_t id = 0; id < RX_PAGES; id++) {
		error = shared_page_open(&rx->page[id], nf->device->backend_id);
		if (error != 0)
			return error;
		rx_post(rx, id);
	}
	front_ring_publish(&rx->ring);
	return 0;
}

void rx_close(struct netfront *nf)
{
	shared_page_close(&nf->rx.ring_page);
	for (size_t id = 0; id < RX_PAGES; id++)
		shared_page_close(&nf->rx.page[id]);
}

/* A frame, or a part of one, in a page that is ours again. False: the device has been stopped. */
static bool rx_frame(struct netfront *nf, const struct netif_rx_response *rsp)
{
	struct netfront_rx *rx = &nf->rx;
	bool whole = !rx->more_data && (rsp->flags & NETRXF_more_data) == 0;

	rx->more_data = (rsp->flags & NETRXF_more_data) != 0;
	if (rsp->status < 0) {
		nf->stats.rx_errors++;
		return true;
	}

	size_t len = (size_t)rsp->status;
	if (rsp->offset + len > PAGE_SIZE || (rsp->flags & NETRXF_extra_info) != 0) {
		xenbus_device_fail(nf->device, -EPROTO,
				   "impossible frame: offset %u, length %zu, flags %x", rsp->offset,
				   len, rsp->flags);
		return false;
	}
	/* A checksum that was left to us was not to be: feature-no-csum-offload. */
	if (!whole || len < FRAME_HEADER || len > frame_max(nf) + VLAN_TAG ||
	    (rsp->flags & NETRXF_csum_blank) != 0) {
		nf->stats.rx_dropped++;
	} else if (nf->client == NULL || nf->client->receive == NULL) {
		nf->stats.rx_unclaimed++;
	} else {
		nf->stats.rx_frames++;
		nf->stats.rx_bytes += len;
		nf->client->receive(nf->client->context, rx->page[rsp->id].data + rsp->offset, len);
	}
	return true;
}

/* The next response in the ring. False: the device has been stopped. */
static bool rx_response(struct netfront *nf)
{
	struct netfront_rx *rx = &nf->rx;
	ring_idx_t slot = ring_slot(rx->ring.rsp_cons++, rx->ring.size);
	struct netif_rx_response rsp;

	copy_once(&rsp, &rx_sring(rx)->ring[slot].rsp);
	if (rsp.id >= RX_PAGES || !rx->posted[rsp.id]) {
		xenbus_device_fail(nf->device, -EPROTO, "frame in a page that is not with it: %u",
				   rsp.id);
		return false;
	}
	rx->posted[rsp.id] = false;
	/* A client's callback may have sent a frame, and found a violation. */
	if (!rx_frame(nf, &rsp) || !nf->up)
		return false;
	rx_post(rx, rsp.id);
	return true;
}

/*
 * Only what is there at the first look is taken, a ring's worth at most, so that a flood of
 * frames cannot keep this from returning and the threads that the frames are for from running.
 */
bool rx_drain(struct netfront *nf)
{
	struct netfront_rx *rx = &nf->rx;
	int waiting = front_ring_responses(&rx->ring);
	int more = waiting;

	if (waiting > 0) {
		for (int i = 0; i < waiting; i++)
			if (!rx_response(nf))
				return false;
		if (front_ring_publish(&rx->ring))
			xenbus_channel_notify(&nf->channel);
	}
	if (waiting >= 0)
		more = front_ring_ask(&rx->ring, 1);
	if (more < 0)
		xenbus_device_fail(nf->device, -EPROTO, "impossible index in the receive ring");
	return more > 0;
}
