/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from the guest.
 *
 *   request    flags                    size
 *   first      extra_info, more_data    of the whole frame
 *   extra …    MORE                     -                      GSO, or a group to join or leave
 *   second     more_data                its own
 *   …          -                        its own
 *
 * Each request's page is mapped until it is answered, and must not change as long. An extra is
 * answered in the slots after its request's answer, by NETIF_RSP_NULL and whatever else stood there.
 */
#include "tests/unit/fake/netback.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_FLAGS \
	(NETTXF_csum_blank | NETTXF_data_validated | NETTXF_more_data | NETTXF_extra_info)

static void owed_unmap(struct fake_netback *self, struct fake_net_owed *owed, bool keep)
{
	if (!owed->page)
		return;
	if (!self->lied && memcmp(owed->page + owed->request.offset, owed->was, owed->size) != 0)
		fake_violation("a frame changed before it was answered (id %u)", owed->request.id);
	if (keep && self->kept_count < FAKE_GRANTS)
		self->kept[self->kept_count++] = owed->request.gref;
	else
		fake_gnttab_unmap(owed->request.gref, true);
}

void fake_netback_tx_drop(struct fake_netback *self, struct fake_net_queue *queue)
{
	for (size_t i = 0; i < queue->owed_count; i++)
		owed_unmap(self, &queue->owed[i], self->keep);
	queue->owed_count = 0;
}

void fake_netback_let_go(struct fake_netback *self)
{
	while (self->kept_count > 0)
		fake_gnttab_unmap(self->kept[--self->kept_count], true);
}

static void push(struct fake_net_queue *queue)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->tx_ring, notify);
	if (notify)
		fake_channel_notify(queue->tx_channel);
}

static void answer(struct fake_netback *self, struct fake_net_queue *queue,
		   struct netif_tx_response response, unsigned extras)
{
	if (self->tx_mangle)
		self->tx_mangle(&response);
	*RING_GET_RESPONSE(&queue->tx_ring, queue->tx_ring.rsp_prod_pvt++) = response;
	for (; extras > 0; extras--)
		RING_GET_RESPONSE(&queue->tx_ring, queue->tx_ring.rsp_prod_pvt++)->status =
			NETIF_RSP_NULL;
}

void fake_netback_tx_respond(struct fake_netback *self, unsigned queue,
			     struct netif_tx_response response)
{
	self->lied = true;
	answer(self, &self->queue[queue], response, 0);
	push(&self->queue[queue]);
}

static void owed_answer(struct fake_netback *self, struct fake_net_queue *queue)
{
	const size_t count = queue->owed_count;

	for (size_t i = 0; i < count; i++) {
		struct fake_net_owed *owed = &queue->owed[self->tx_reversed ? count - 1 - i : i];

		owed_unmap(self, owed, self->keep);
		answer(self, queue,
		       (struct netif_tx_response){.id = owed->request.id, .status = owed->status},
		       owed->extras);
	}
	queue->owed_count = 0;
	if (count)
		push(queue);
}

void fake_netback_release(struct fake_netback *self)
{
	for (size_t i = 0; i < FAKE_NET_QUEUES; i++)
		if (self->queue[i].tx)
			owed_answer(self, &self->queue[i]);
}

static struct netif_tx_request request_take(struct fake_net_queue *queue, RING_IDX prod,
					    const char *what)
{
	if (queue->tx_ring.req_cons == prod)
		fake_violation("%s is not there", what);
	return *RING_GET_REQUEST(&queue->tx_ring, queue->tx_ring.req_cons++);
}

static struct fake_net_owed *owe(struct fake_net_queue *queue,
				 const struct netif_tx_request *request)
{
	struct fake_net_owed *owed = &queue->owed[queue->owed_count++];

	for (size_t i = 0; i + 1 < queue->owed_count; i++)
		if (queue->owed[i].request.id == request->id)
			fake_violation("id %u is on its way already", request->id);
	*owed = (struct fake_net_owed){.request = *request};
	return owed;
}

/* All extras of a frame, the last of each type; how many slots they took. */
static unsigned extras_take(struct fake_net_queue *queue, RING_IDX prod,
			    struct netif_extra_info extra[XEN_NETIF_EXTRA_TYPE_MAX])
{
	struct netif_extra_info next;
	unsigned count = 0;

	do {
		const struct netif_tx_request slot = request_take(queue, prod, "an extra");

		memcpy(&next, &slot, sizeof(next));
		if (next.type == XEN_NETIF_EXTRA_TYPE_NONE || next.type >= XEN_NETIF_EXTRA_TYPE_MAX)
			fake_violation("an extra of type %u", next.type);
		extra[next.type] = next;
		count++;
	} while (next.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return count;
}

static int group_find(const struct fake_netback *self, const uint8_t group[6])
{
	for (size_t i = 0; i < self->groups; i++)
		if (memcmp(self->group[i], group, 6) == 0)
			return (int)i;
	return -1;
}

/* A request for the sake of its extra: no frame. */
static bool group_change(struct fake_netback *self, struct fake_net_owed *owed,
			 const struct netif_extra_info extra[])
{
	const struct netif_extra_info *add = &extra[XEN_NETIF_EXTRA_TYPE_MCAST_ADD];
	const struct netif_extra_info *del = &extra[XEN_NETIF_EXTRA_TYPE_MCAST_DEL];
	int at;

	if (!add->type && !del->type)
		return false;
	if (!self->offer.multicast)
		fake_violation("a group to join or leave, and there is no multicast control");
	if (owed->request.flags & NETTXF_more_data)
		fake_violation("a group to join or leave, with data");
	owed->status = NETIF_RSP_OKAY;
	if (add->type && !(add->u.mcast.addr[0] & 1))
		fake_violation("an address to join that is no group's");
	if (add->type && self->groups == FAKE_GROUPS) {
		owed->status = NETIF_RSP_ERROR;
	} else if (add->type) {
		memcpy(self->group[self->groups++], add->u.mcast.addr, 6);
	} else {
		at = group_find(self, del->u.mcast.addr);
		if (at < 0)
			fake_violation("a group to leave that was not joined");
		memcpy(self->group[at], self->group[--self->groups], 6);
	}
	return true;
}

static void piece_take(struct fake_net_owed *owed, struct fake_frame *frame, size_t at)
{
	const struct netif_tx_request *request = &owed->request;
	int status;

	if (request->offset + owed->size > FAKE_PAGE_SIZE)
		fake_violation("%u bytes at %u of a page", owed->size, request->offset);
	owed->page = fake_gnttab_map(FAKE_DOM0, request->gref, true, &status);
	if (!owed->page)
		fake_violation("a frame behind grant %u: status %d", request->gref, status);
	owed->was = memcpy(frame->bytes + at, owed->page + request->offset, owed->size);
}

static void frame_begin(struct fake_netback *self, struct fake_frame *frame, unsigned queue,
			const struct netif_tx_request *first, const struct netif_extra_info *gso)
{
	uint8_t *bytes = fake_frame_room(frame, first->size);

	*frame = (struct fake_frame){.bytes = bytes,
				     .len = first->size,
				     .csum_blank = first->flags & NETTXF_csum_blank,
				     .data_validated = first->flags & NETTXF_data_validated,
				     .queue = queue};
	if (!gso->type)
		return;
	if (!gso->u.gso.size || gso->u.gso.pad || gso->u.gso.features)
		fake_violation("a frame to be cut by %u (%u, %u)", gso->u.gso.size, gso->u.gso.pad,
			       gso->u.gso.features);
	if (!(gso->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 && self->offer.gso4) &&
	    !(gso->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && self->offer.gso6))
		fake_violation("a frame to be cut as type %u, which was not offered",
			       gso->u.gso.type);
	frame->gso_type = gso->u.gso.type;
	frame->gso_size = gso->u.gso.size;
}

static void frame_take(struct fake_netback *self, struct fake_net_queue *queue, RING_IDX prod)
{
	struct fake_frame *frame = &self->frames[self->frames_sent % FAKE_FRAMES];
	struct netif_extra_info extra[XEN_NETIF_EXTRA_TYPE_MAX] = {0};
	const struct netif_tx_request first = request_take(queue, prod, "a request");
	struct fake_net_owed *owed = owe(queue, &first), *head = owed;
	size_t rest = first.size, at;

	if (first.flags & ~KNOWN_FLAGS)
		fake_violation("a frame with flags %#x", first.flags);
	if (first.flags & NETTXF_extra_info)
		owed->extras = extras_take(queue, prod, extra);
	if (group_change(self, owed, extra))
		return;
	frame_begin(self, frame, (unsigned)(queue - self->queue), &first,
		    &extra[XEN_NETIF_EXTRA_TYPE_GSO]);
	/* The first piece is what the others leave of the whole. */
	for (frame->slots = 1; owed->request.flags & NETTXF_more_data; frame->slots++) {
		const struct netif_tx_request next =
			request_take(queue, prod, "the rest of a frame");

		if (!self->offer.sg)
			fake_violation("a frame in pieces, which was not offered");
		if (frame->slots == XEN_NETIF_NR_SLOTS_MIN)
			fake_violation("a frame in more than %u slots", XEN_NETIF_NR_SLOTS_MIN);
		if (next.size > rest)
			fake_violation("a piece of %u bytes, %zu are left", next.size, rest);
		owed = owe(queue, &next);
		owed->size = next.size;
		rest -= next.size;
	}
	if (rest == 0)
		fake_violation("nothing is left for the first piece");
	head->size = (uint16_t)rest;
	for (owed = head, at = 0; at < frame->len; at += owed++->size) {
		owed->status = self->tx_status;
		piece_take(owed, frame, at);
	}
	if (frame->csum_blank && !(fake_frame_v6(frame) ? self->offer.csum6 : self->offer.csum4))
		fake_violation("a blank checksum, which was not offered");
	fake_frame_check(frame, self->mtu);
	self->frames_sent++;
}

bool fake_netback_tx_work(struct fake_netback *self, struct fake_net_queue *queue)
{
	const RING_IDX prod = __atomic_load_n(&queue->tx->req_prod, __ATOMIC_ACQUIRE);
	const RING_IDX waiting = prod - queue->tx_ring.req_cons;
	unsigned more;

	if (prod - queue->tx_ring.rsp_prod_pvt > RING_SIZE(&queue->tx_ring))
		fake_violation("tx ring: %u requests", waiting);
	while (queue->tx_ring.req_cons != prod)
		frame_take(self, queue, prod);
	RING_FINAL_CHECK_FOR_REQUESTS(&queue->tx_ring, more);
	if (!self->hold)
		owed_answer(self, queue);
	return waiting > 0 || more;
}

const struct fake_frame *fake_netback_frame(const struct fake_netback *self, size_t n)
{
	if (n >= self->frames_sent || self->frames_sent - n > FAKE_FRAMES)
		fake_violation("no frame %zu of %zu", n, self->frames_sent);
	return &self->frames[n % FAKE_FRAMES];
}
