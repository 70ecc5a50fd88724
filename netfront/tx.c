/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames out. A frame is copied to a buffer that has been granted since the device connected, so
 * sending makes no grant and needs at most one hypercall, the notification:
 *
 *   netfront_send                                     netback
 *     copy ──► buffer[id]
 *     request {gref, offset, size, id} ──► ring ────►   copies or maps the frame
 *     notify, if netback asked for it                   sends it
 *                                          ring ◄────   response {id, status}
 *   tx_reclaim: is id one of ours? then buffer[id] is free again
 *
 * Nobody waits for these responses while there are buffers, so no event is asked for until there
 * are none: netback then tells once some of them have come back.
 */
#include <string.h>

#include "netfront/device.h"

/* Buffers to come back before a client that ran out of them is woken. */
#define TX_WAKE (TX_FRAMES / 8)

static struct netif_tx_sring *tx_sring(const struct netfront_tx *tx)
{
	return (struct netif_tx_sring *)tx->ring.shared;
}

/* Buffer id: which page, and where in it. */
static struct shared_page *tx_page(struct netfront_tx *tx, uint16_t id, uint16_t *offset)
{
	size_t at = id * tx->buffer_size;

	*offset = (uint16_t)(at % PAGE_SIZE);
	return &tx->page[at / PAGE_SIZE];
}

int tx_open(struct netfront *nf)
{
	struct netfront_tx *tx = &nf->tx;

	tx->buffer_size = frame_max(nf) <= PAGE_SIZE / 2 ? PAGE_SIZE / 2 : PAGE_SIZE;
	for (size_t at = 0; at < TX_FRAMES * tx->buffer_size; at += PAGE_SIZE) {
		int error = shared_page_open(&tx->page[at / PAGE_SIZE], nf->device->backend_id);
		if (error != 0)
			return error;
	}
	int error = shared_page_open(&tx->ring_page, nf->device->backend_id);
	if (error != 0)
		return error;
	front_ring_init(&tx->ring, tx->ring_page.data, PAGE_SIZE,
			offsetof(struct netif_tx_sring, ring), sizeof(union netif_tx_sring_entry));

	/* The buffer used last is used next: it is in the cache. */
	for (uint16_t i = 0; i < TX_FRAMES; i++) {
		tx->sent[i] = false;
		tx->unused[i] = (uint16_t)(TX_FRAMES - 1 - i);
	}
	tx->unused_count = TX_FRAMES;
	tx->blocked = false;
	return 0;
}

void tx_close(struct netfront *nf)
{
	struct netfront_tx *tx = &nf->tx;

	if (tx->ring_page.data != NULL)
		nf->stats.tx_dropped += (uint64_t)(TX_FRAMES - tx->unused_count);
	shared_page_close(&tx->ring_page);
	for (size_t i = 0; i < TX_FRAMES; i++)
		shared_page_close(&tx->page[i]);
}

/* One response, of which nothing is believed. */
static bool tx_response(struct netfront *nf, const struct netif_tx_response *rsp)
{
	struct netfront_tx *tx = &nf->tx;

	if (rsp->id >= TX_FRAMES || !tx->sent[rsp->id]) {
		xenbus_device_fail(nf->device, -EPROTO, "response to a frame not sent: %u",
				   rsp->id);
		return false;
	}
	tx->sent[rsp->id] = false;
	tx->unused[tx->unused_count++] = rsp->id;
	if (rsp->status != NETIF_RSP_OKAY)
		nf->stats.tx_errors++;
	return true;
}

void tx_reclaim(struct netfront *nf)
{
	struct netfront_tx *tx = &nf->tx;
	int waiting = front_ring_responses(&tx->ring);

	if (waiting < 0) {
		xenbus_device_fail(nf->device, -EPROTO, "impossible index in the transmit ring");
		return;
	}
	for (; waiting > 0; waiting--) {
		ring_idx_t slot = ring_slot(tx->ring.rsp_cons++, tx->ring.size);
		struct netif_tx_response rsp;

		copy_once(&rsp, &tx_sring(tx)->ring[slot].rsp);
		if (!tx_response(nf, &rsp))
			return;
	}
	if (tx->blocked && tx->unused_count > 0) {
		tx->blocked = false;
		if (nf->client != NULL && nf->client->writable != NULL)
			nf->client->writable(nf->client->context);
	}
}

/* Is there a buffer? If there is none, netback is asked to tell when there are some. */
static bool tx_room(struct netfront *nf)
{
	struct netfront_tx *tx = &nf->tx;

	if (tx->unused_count == 0)
		tx_reclaim(nf);
	/* Responses that came before netback could see the wish come without an event. */
	if (nf->up && tx->unused_count == 0 && front_ring_ask(&tx->ring, TX_WAKE) != 0)
		tx_reclaim(nf);
	if (nf->up && tx->unused_count == 0) {
		tx->blocked = true;
		nf->stats.tx_full++;
	}
	return nf->up && tx->unused_count > 0;
}

int netfront_send(struct netfront *nf, const void *frame, size_t len)
{
	struct netfront_tx *tx = &nf->tx;
	uint16_t offset;

	if (!nf->up)
		return -ENETDOWN;
	if (len < FRAME_HEADER || len > frame_max(nf))
		return -EMSGSIZE;
	if (!tx_room(nf))
		return nf->up ? -EAGAIN : -ENETDOWN;

	uint16_t id = tx->unused[--tx->unused_count];
	const struct shared_page *page = tx_page(tx, id, &offset);

	memcpy(page->data + offset, frame, len);
	tx->sent[id] = true;
	tx_sring(tx)->ring[ring_slot(tx->ring.req_prod, tx->ring.size)].req =
		(struct netif_tx_request){
			.gref = page->ref,
			.offset = offset,
			.id = id,
			.size = (uint16_t)len,
		};
	tx->ring.req_prod++;
	nf->stats.tx_frames++;
	nf->stats.tx_bytes += len;
	if (front_ring_publish(&tx->ring))
		xenbus_channel_notify(&nf->channel);
	return 0;
}
