/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames to the guest.
 *
 *   response   flags                    status
 *   first      extra_info, more_data    bytes in this page
 *   extra      -                                          GSO; takes a request and its slot, without an id
 *   second     more_data                bytes in this page
 *   …
 *
 * A frame waits until there are requests for all of it.
 */
#include "tests/unit/fake/netback.h"

#include <stdlib.h>
#include <string.h>

/* What goes into one slot. */
struct part {
	const struct fake_frame *frame;
	size_t at, len;
	uint16_t flags;
	bool extra;
};

static void push(struct fake_net_queue *queue)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->rx_ring, notify);
	if (notify)
		fake_channel_notify(queue->rx_channel);
}

static void respond(struct fake_netback *self, struct fake_net_queue *queue,
		    struct netif_rx_response response)
{
	if (self->rx_mangle)
		self->rx_mangle(&response);
	*RING_GET_RESPONSE(&queue->rx_ring, queue->rx_ring.rsp_prod_pvt++) = response;
}

static void extra(struct fake_net_queue *queue, struct netif_extra_info info)
{
	_Static_assert(sizeof(info) == sizeof(struct netif_rx_response), "an extra fits a slot");
	memcpy(RING_GET_RESPONSE(&queue->rx_ring, queue->rx_ring.rsp_prod_pvt++), &info,
	       sizeof(info));
}

void fake_netback_rx_respond(struct fake_netback *self, unsigned queue,
			     struct netif_rx_response response)
{
	self->lied = true;
	respond(self, &self->queue[queue], response);
	push(&self->queue[queue]);
}

void fake_netback_rx_extra(struct fake_netback *self, unsigned queue, struct netif_extra_info info)
{
	self->lied = true;
	extra(&self->queue[queue], info);
	push(&self->queue[queue]);
}

struct netif_rx_request fake_netback_rx_claim(struct fake_netback *self, unsigned queue)
{
	struct netif_rx_back_ring *ring = &self->queue[queue].rx_ring;

	return *RING_GET_REQUEST(ring, ring->req_cons++);
}

static size_t piece_max(const struct fake_netback *self)
{
	const size_t page = FAKE_PAGE_SIZE - self->rx_offset;

	return self->rx_piece && self->rx_piece < page ? self->rx_piece : page;
}

/* Frames that no correct back end would send: the test is wrong, not the guest. */
static void negotiated_check(const struct fake_netback *self, const struct fake_frame *frame)
{
	const bool v6 = fake_frame_v6(frame);

	if ((frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 && !self->wish.gso4) ||
	    (frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV6 && !self->wish.gso6))
		fake_violation("the fake sends a frame to be cut, which was not asked for");
	if (frame->csum_blank && !(v6 ? self->wish.csum6 : self->wish.csum4))
		fake_violation("the fake sends a blank checksum, which was not asked for");
	if (frame->len > piece_max(self) && !self->wish.sg)
		fake_violation("the fake sends a frame in pieces, which was not asked for");
}

/* The slots of a frame; returns how many. */
static size_t parts_make(const struct fake_netback *self, const struct fake_frame *frame,
			 struct part *part)
{
	const size_t most = piece_max(self);
	size_t count = 0;

	for (size_t at = 0; at == 0 || at < frame->len;) {
		const size_t len = frame->len - at < most ? frame->len - at : most;

		part[count++] =
			(struct part){.frame = frame,
				      .at = at,
				      .len = len,
				      .flags = at + len < frame->len ? NETRXF_more_data : 0};
		at += len;
		if (count > 1)
			continue;
		part[0].flags |= frame->csum_blank ? NETRXF_csum_blank : 0;
		part[0].flags |= frame->data_validated ? NETRXF_data_validated : 0;
		if (frame->gso_type != XEN_NETIF_GSO_TYPE_NONE) {
			part[0].flags |= NETRXF_extra_info;
			part[count++] = (struct part){.frame = frame, .extra = true};
		}
	}
	return count;
}

static void part_put(struct fake_netback *self, struct fake_net_queue *queue,
		     const struct part *part, const struct netif_rx_request *request)
{
	struct netif_extra_info gso = {.type = XEN_NETIF_EXTRA_TYPE_GSO};
	int status;

	if (part->extra) {
		gso.u.gso.type = part->frame->gso_type;
		gso.u.gso.size = part->frame->gso_size;
		extra(queue, gso);
		return;
	}
	status = fake_gnttab_copy_to(FAKE_DOM0, request->gref, self->rx_offset,
				     part->frame->bytes + part->at, part->len);
	if (status != GNTST_okay)
		fake_violation("a receive buffer behind grant %u: status %d", request->gref,
			       status);
	respond(self, queue,
		(struct netif_rx_response){.id = request->id,
					   .offset = self->rx_offset,
					   .flags = part->flags,
					   .status = (int16_t)part->len});
}

static bool wanted(const struct fake_netback *self, const struct fake_frame *frame)
{
	if (!self->wish.multicast || frame->len < 6 || !(frame->bytes[0] & 1) ||
	    memcmp(frame->bytes, "\xff\xff\xff\xff\xff\xff", 6) == 0)
		return true;
	for (size_t i = 0; i < self->groups; i++)
		if (memcmp(self->group[i], frame->bytes, 6) == 0)
			return true;
	return false;
}

/* As many parts as there are requests for, of whole frames. */
static size_t parts_take(struct fake_netback *self, struct fake_net_queue *queue, size_t room,
			 struct part part[])
{
	static struct part next[FAKE_FRAME_MAX / 64];
	size_t count = 0;

	while (queue->head != queue->tail) {
		const struct fake_frame *frame = &queue->frames[queue->head % FAKE_FRAMES];
		size_t slots;

		if (!wanted(self, frame)) {
			self->rx_filtered++;
			queue->head++;
			continue;
		}
		negotiated_check(self, frame);
		slots = parts_make(self, frame, next);
		if (slots > room - count)
			break;
		memcpy(part + count, next, slots * sizeof(*part));
		count += slots;
		queue->head++;
		self->rx_delivered++;
	}
	return count;
}

/* The request that a part uses: an extra that of its slot, data also the last first. */
static size_t request_of(const struct fake_netback *self, const struct part part[], size_t count,
			 size_t which)
{
	size_t nth = 0;

	if (!self->rx_reversed || part[which].extra)
		return which;
	for (size_t i = 0; i < which; i++)
		nth += !part[i].extra;
	for (size_t i = count; i-- > 0;)
		if (!part[i].extra && nth-- == 0)
			return i;
	return which;
}

bool fake_netback_rx_work(struct fake_netback *self, struct fake_net_queue *queue)
{
	/* Not on the stack, where ASan would fence them anew each time. */
	static struct part part[FAKE_NET_SLOTS];
	static struct netif_rx_request request[FAKE_NET_SLOTS];
	const RING_IDX prod = __atomic_load_n(&queue->rx->req_prod, __ATOMIC_ACQUIRE);
	const size_t have = prod - queue->rx_ring.req_cons;
	size_t count;

	if (prod - queue->rx_ring.rsp_prod_pvt > RING_SIZE(&queue->rx_ring))
		fake_violation("rx ring: %zu requests", have);
	count = parts_take(self, queue, have, part);
	for (size_t i = 0; i < count; i++)
		request[i] = *RING_GET_REQUEST(&queue->rx_ring, queue->rx_ring.req_cons++);
	for (size_t i = 0; i < count; i++)
		part_put(self, queue, &part[i], &request[request_of(self, part, count, i)]);
	if (count)
		push(queue);
	if (queue->head == queue->tail)
		return count > 0;
	/* Wants an event when there are more requests, unless there are some already. */
	queue->rx->req_event = prod + 1;
	xen_mb();
	return count > 0 || queue->rx->req_prod != prod;
}

void fake_netback_give(struct fake_netback *self, unsigned queue, const struct fake_frame *given)
{
	struct fake_net_queue *to = &self->queue[queue];
	struct fake_frame *frame = &to->frames[to->tail % FAKE_FRAMES];
	uint8_t *bytes = fake_frame_room(frame, given->len);

	if (to->tail - to->head == FAKE_FRAMES || given->len > FAKE_FRAME_MAX)
		fake_violation("too much for the fake's queue");
	*frame = *given;
	frame->bytes = memcpy(bytes, given->bytes, given->len);
	to->tail++;
}

void fake_netback_deliver(struct fake_netback *self, const void *bytes, size_t len)
{
	const struct fake_frame frame = {.bytes = (uint8_t *)(uintptr_t)bytes, .len = len};

	fake_netback_give(self, 0, &frame);
}

void fake_netback_forget(struct fake_netback *self)
{
	for (size_t i = 0; i < FAKE_NET_QUEUES; i++)
		self->queue[i].head = self->queue[i].tail;
}
