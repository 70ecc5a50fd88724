/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames out. A frame goes on the ring in one slot or several, each of which shows netback a part
 * of one page:
 *
 *   netfront_send                                          netback
 *     short pieces ──copy──► bounce page ┐
 *     whole pages of long ones, lent     ┴► requests ──►     copies the first 128 bytes,
 *     notify, if netback asked for it         ring            maps the rest, sends the frame
 *                                              │
 *   tx_reclaim: is id one of ours?  ◄── responses {id, status} ◄── unmaps
 *     then its bounce page is free again, or its page ends being lent;
 *     and the next ones are to its extra information, which has no id: {NETIF_RSP_NULL}
 *
 *	frame:  | first: its size is that of all   | extra: GSO | more | more | last |
 *	        | flags: more_data, extra_info, …  | no id      |
 *
 * Bounce pages have been granted since they were first used, so small frames make no grant and no
 * hypercall. Nobody waits for responses while there is room, so no event is asked for until there
 * is none.
 *
 * Frames that follow each other closely are shown together. Each notification wakes netback, and
 * on a processor that it shares with us it then runs at once, for a single frame; what is held back
 * leaves with the next frame that comes NOTIFY_NS later, when NETFRONT_BATCH frames are waiting, or
 * at the next safe point, whichever is first.
 */
#include <string.h>

#include "netfront/device.h"
#include "netfront/plan.h"
#include "unikernel/core/time.h"

/* Slots to come back before a client that ran out of them is woken. */
#define TX_WAKE	  (RING_SLOTS / 4)

#define NOTIFY_NS (50 * TIME_US)

/* When pages are lent, how soon to look for them if nothing else makes us. */
#define RECLAIM_NS (20 * TIME_MS)

static struct netif_tx_sring *tx_sring(const struct netfront_tx *tx)
{
	return (struct netif_tx_sring *)tx->ring.shared;
}

int tx_open(struct netfront_queue *queue)
{
	struct netfront_tx *tx = &queue->tx;
	int error = shared_page_open(&tx->ring_page, queue->nf->device->backend_id);

	if (error != 0)
		return error;
	front_ring_init(&tx->ring, tx->ring_page.data, PAGE_SIZE,
			offsetof(struct netif_tx_sring, ring), sizeof(union netif_tx_sring_entry));
	for (uint16_t i = 0; i < RING_SLOTS; i++) {
		tx->slot[i] = (struct tx_slot){.bounce = NONE, .loan = NONE};
		tx->unused[i] = tx->bounce_unused[i] = (uint16_t)(RING_SLOTS - 1 - i);
	}
	tx->unused_count = tx->bounce_count = RING_SLOTS;
	tx->extras = tx->held = 0;
	tx->blocked = false;
	return 0;
}

void tx_close(struct netfront_queue *queue)
{
	struct netfront_tx *tx = &queue->tx;

	timer_cancel(&tx->show);
	timer_cancel(&tx->reclaim);
	if (tx->ring_page.data == NULL)
		return;
	for (uint16_t id = 0; id < RING_SLOTS; id++) {
		struct tx_slot *slot = &tx->slot[id];

		if (!slot->sent)
			continue;
		slot->sent = false;
		queue->nf->stats.tx_dropped += slot->first;
		if (slot->loan != NONE)
			loan_end(queue, slot->loan, slot->ref);
	}
	shared_page_close(&tx->ring_page);
	for (size_t i = 0; i < RING_SLOTS; i++)
		shared_page_close(&tx->bounce[i]);
}

unsigned int tx_grants_kept(const struct netfront_queue *queue)
{
	unsigned int count = 0;

	for (size_t i = 0; i < RING_SLOTS; i++)
		count += queue->tx.bounce[i].data != NULL;
	return count;
}

/* --- responses ------------------------------------------------------------------------------- */

/* One response, of which nothing is believed. */
static bool tx_response(struct netfront_queue *queue, const struct netif_tx_response *rsp)
{
	struct netfront_tx *tx = &queue->tx;
	struct tx_slot *slot;

	/*
	 * Every back end answers extra information right behind its request. Were such an answer
	 * taken for one wherever it came, each request answered in this way would cost its id.
	 */
	if (tx->extras > 0) {
		tx->extras--;
		if (rsp->status == NETIF_RSP_NULL)
			return true;
		xenbus_device_fail(queue->nf->device, -EPROTO,
				   "response in place of one to extra information: %u", rsp->id);
		return false;
	}
	if (rsp->id >= RING_SLOTS || !tx->slot[rsp->id].sent) {
		xenbus_device_fail(queue->nf->device, -EPROTO, "response to a request not sent: %u",
				   rsp->id);
		return false;
	}
	slot = &tx->slot[rsp->id];
	slot->sent = false;
	tx->extras = slot->extras;
	tx->unused[tx->unused_count++] = rsp->id;
	if (slot->bounce != NONE)
		tx->bounce_unused[tx->bounce_count++] = slot->bounce;
	if (slot->first && rsp->status != NETIF_RSP_OKAY)
		queue->nf->stats.tx_errors++;
	if (slot->loan != NONE && loan_end(queue, slot->loan, slot->ref) != 0) {
		xenbus_device_fail(queue->nf->device, -EPROTO,
				   "a page that it has answered for is still mapped");
		return false;
	}
	return true;
}

/* Lent pages are to come back although nothing else may make us look. */
static void tx_reclaim_soon(struct netfront_queue *queue)
{
	if (queue->tx.loans > 0 && !timer_is_set(&queue->tx.reclaim))
		timer_set(&queue->tx.reclaim, time_in(RECLAIM_NS), tx_reclaim, queue);
}

void tx_reclaim(void *arg)
{
	struct netfront_queue *queue = arg;
	struct netfront_tx *tx = &queue->tx;
	struct netfront *nf = queue->nf;
	int waiting = front_ring_responses(&tx->ring);

	if (waiting < 0) {
		xenbus_device_fail(nf->device, -EPROTO, "impossible index in the transmit ring");
		return;
	}
	for (; waiting > 0; waiting--) {
		ring_idx_t slot = ring_slot(tx->ring.rsp_cons++, tx->ring.size);
		struct netif_tx_response rsp;

		copy_once(&rsp, &tx_sring(tx)->ring[slot].rsp);
		/* A callback may have sent something, and found a violation. */
		if (!tx_response(queue, &rsp) || !nf->connected)
			return;
	}
	tx_reclaim_soon(queue);
	if (tx->blocked && front_ring_room(&tx->ring) > NETFRONT_SLOTS_MAX) {
		tx->blocked = false;
		if (nf->client != NULL && nf->client->writable != NULL)
			nf->client->writable(nf->client->context);
	}
}

/* --- requests -------------------------------------------------------------------------------- */

static void tx_show(void *arg)
{
	struct netfront_queue *queue = arg;
	struct netfront_tx *tx = &queue->tx;

	timer_cancel(&tx->show);
	if (!queue->nf->connected || tx->held == 0)
		return;
	tx->held = 0;
	tx->shown_ns = time_monotonic_ns();
	if (front_ring_publish(&tx->ring))
		xenbus_channel_notify(queue->tx_channel.port != 0 ? &queue->tx_channel
								  : &queue->rx_channel);
}

/* The frame on the ring is shown now or soon. */
static void tx_held(struct netfront_queue *queue)
{
	struct netfront_tx *tx = &queue->tx;

	if (++tx->held >= NETFRONT_BATCH || time_monotonic_ns() - tx->shown_ns >= NOTIFY_NS)
		tx_show(queue);
	else if (!timer_is_set(&tx->show))
		timer_set(&tx->show, TIME_POLL, tx_show, queue);
}

/* Are the pages granted that so many slots will be copied to? 0 or -ENOMEM. */
static int tx_bounce(struct netfront_queue *queue, unsigned int copied)
{
	struct netfront_tx *tx = &queue->tx;

	for (unsigned int i = 0; i < copied; i++) {
		uint16_t bounce = tx->bounce_unused[tx->bounce_count - 1 - i];

		if (shared_page_open(&tx->bounce[bounce], queue->nf->device->backend_id) != 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Room for so many slots, of which so many are copied to? If there is none, netback is asked to
 * tell when there is some. Where there are slots there are ids: each is in one, or was answered.
 */
static int tx_room(struct netfront_queue *queue, unsigned int slots, unsigned int copied)
{
	struct netfront_tx *tx = &queue->tx;
	struct netfront *nf = queue->nf;
	int error;

	if (front_ring_room(&tx->ring) < slots)
		tx_reclaim(queue);
	if (nf->connected && front_ring_room(&tx->ring) < slots) {
		tx_show(queue);
		/* Responses that came before netback could see the wish come without an event. */
		if (front_ring_ask(&tx->ring, TX_WAKE) != 0)
			tx_reclaim(queue);
	}
	if (!nf->connected)
		return -ENETDOWN;
	if (front_ring_room(&tx->ring) < slots) {
		tx->blocked = true;
		nf->stats.tx_busy++;
		return -EAGAIN;
	}
	error = tx_bounce(queue, copied);
	if (error == 0)
		return 0;
	/* Some that are granted may have come back. */
	tx_reclaim(queue);
	return nf->connected ? tx_bounce(queue, copied) : -ENETDOWN;
}

static union netif_tx_sring_entry *tx_next(struct netfront_tx *tx)
{
	return &tx_sring(tx)->ring[ring_slot(tx->ring.req_prod++, tx->ring.size)];
}

/* A slot of extra information, behind the request that announced it. */
static void tx_put_extra(struct netfront_tx *tx, struct tx_slot *announced,
			 const struct netif_extra_info *extra)
{
	memcpy(tx_next(tx), extra, sizeof(*extra));
	announced->extras++;
}

/*
 * Grants what a plan lends, before anything is on the ring. 0; an error, and nothing is lent; or 1:
 * the back end has mapped what it was never shown, so that the frame is lost, but its owner will be
 * told.
 */
static int tx_grant(struct netfront_queue *queue, const struct plan *plan, void *owner,
		    uint16_t *loan, grant_ref_t ref[])
{
	unsigned int granted = 0;
	int error = 0, kept = 0;

	*loan = NONE;
	if (plan->lent == 0)
		return 0;
	*loan = loan_open(queue);
	if (*loan == NONE)
		return -ENOSPC;
	for (unsigned int i = 0; i < plan->slots && error == 0; i++) {
		if (plan->slot[i].lent == NULL)
			continue;
		error = loan_grant(queue, *loan, plan->slot[i].lent, &ref[i]);
		granted += error == 0;
	}
	if (error == 0) {
		queue->tx.loan[*loan].owner = owner;
		return 0;
	}
	if (granted == 0)
		loan_cancel(queue, *loan);
	for (unsigned int i = 0; granted > 0; i++) {
		if (plan->slot[i].lent == NULL)
			continue;
		kept |= loan_end(queue, *loan, ref[i]);
		granted--;
	}
	if (kept == 0)
		return error;
	queue->tx.loan[*loan].owner = owner;
	queue->nf->stats.tx_dropped++;
	return 1;
}

/* The slots of a plan as requests. */
static void tx_put(struct netfront_queue *queue, const struct plan *plan,
		   const struct netfront_packet *packet, uint16_t loan, const grant_ref_t ref[])
{
	struct netfront_tx *tx = &queue->tx;
	const struct netif_extra_info gso = {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso = {.size = packet->gso_size, .type = packet->gso_type},
	};
	uint16_t flags = packet->checksum_blank ? NETTXF_csum_blank | NETTXF_data_validated : 0;

	if (packet->gso_type != XEN_NETIF_GSO_TYPE_NONE)
		flags |= NETTXF_extra_info;
	for (unsigned int i = 0; i < plan->slots; i++) {
		const struct plan_slot *part = &plan->slot[i];
		uint16_t id = tx->unused[--tx->unused_count];
		struct tx_slot *slot = &tx->slot[id];

		*slot = (struct tx_slot){
			.sent = true, .first = i == 0, .bounce = NONE, .loan = NONE};
		if (part->lent != NULL) {
			slot->loan = loan;
			slot->ref = ref[i];
		} else {
			slot->bounce = tx->bounce_unused[--tx->bounce_count];
			slot->ref = tx->bounce[slot->bounce].ref;
			plan_copy(packet, part, tx->bounce[slot->bounce].data);
		}
		if (i + 1 < plan->slots)
			flags |= NETTXF_more_data;
		tx_next(tx)->req = (struct netif_tx_request){
			.gref = slot->ref,
			.offset = part->offset,
			.flags = flags,
			.id = id,
			.size = i == 0 ? (uint16_t)packet->len : part->size,
		};
		if (flags & NETTXF_extra_info)
			tx_put_extra(tx, slot, &gso);
		flags = 0;
	}
}

static int tx_check(const struct netfront *nf, const struct netfront_packet *packet)
{
	const struct netfront_features *has = &nf->features;
	bool gso = packet->gso_type != XEN_NETIF_GSO_TYPE_NONE;

	if (!nf->up)
		return -ENETDOWN;
	if (packet->len < FRAME_HEADER || packet->len > (gso ? NETFRONT_FRAME_MAX : frame_max(nf)))
		return -EMSGSIZE;
	if (packet->checksum_blank &&
	    !(plan_ipv6(packet) ? has->checksum_ipv6 : has->checksum_ipv4))
		return -EOPNOTSUPP;
	if (!gso)
		return 0;
	if (!(packet->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? has->gso_ipv4 : has->gso_ipv6) ||
	    packet->gso_size == 0)
		return -EOPNOTSUPP;
	return 0;
}

int tx_send_extra(struct netfront_queue *queue, const struct netif_extra_info *extra)
{
	struct netfront_tx *tx = &queue->tx;
	int error = tx_room(queue, 2, 0);
	uint16_t id;

	if (error != 0)
		return error;
	id = tx->unused[--tx->unused_count];
	tx->slot[id] = (struct tx_slot){.sent = true, .bounce = NONE, .loan = NONE};
	tx_next(tx)->req = (struct netif_tx_request){.id = id, .flags = NETTXF_extra_info};
	tx_put_extra(tx, &tx->slot[id], extra);
	tx_held(queue);
	return 0;
}

int netfront_send(struct netfront *nf, const struct netfront_packet *packet)
{
	struct netfront_queue *queue = nf->queue[0];
	bool gso = packet->gso_type != XEN_NETIF_GSO_TYPE_NONE;
	grant_ref_t ref[NETFRONT_SLOTS_MAX];
	struct plan plan;
	uint16_t loan;
	int error = tx_check(nf, packet);

	if (error == 0)
		error = plan_make(&plan, packet, nf->features.lend);
	if (error == 0 && plan.slots > 1 && !nf->features.scatter_gather)
		error = -EMSGSIZE;
	if (error != 0)
		return error;
	if (nf->features.queues > 1)
		queue = nf->queue[plan_flow(packet) % nf->features.queues];
	error = tx_room(queue, plan.slots + gso, plan.slots - plan.lent);
	if (error != 0)
		return error;
	error = tx_grant(queue, &plan, packet->owner, &loan, ref);
	/* Without grants, what would be lent is copied: they may be away for as long as some back end
	 * likes. */
	if (error < 0) {
		error = plan_make(&plan, packet, false);
		if (error == 0)
			error = tx_room(queue, plan.slots + gso, plan.slots);
	}
	if (error != 0)
		return error; /* or 1 */
	tx_put(queue, &plan, packet, loan, ref);
	nf->stats.tx_packets++;
	nf->stats.tx_bytes += packet->len;
	nf->stats.tx_gso += gso;
	nf->stats.tx_lent += plan.lent;
	tx_reclaim_soon(queue);
	tx_held(queue);
	return plan.lent > 0;
}
