/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netback: takes the guest's frames by grant copy, gives it others.
 *
 *   guest --tx request (gref, offset, size)--> copy out --> frames[]
 *   queue[] --> copy in through the rx request's gref --rx response (id, offset, status)--> guest
 *
 * What Linux calls fatal – a request that crosses its page, an extra that was not negotiated –
 * is a violation here: the shipping front end must never send it.
 */
#include "tests/unit/fake/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void disconnect(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;

	if (self->tx)
		fake_gnttab_unmap(self->tx_ref, false);
	if (self->rx)
		fake_gnttab_unmap(self->rx_ref, false);
	self->tx = NULL;
	self->rx = NULL;
	fake_channel_close(self->channel);
	self->channel = NULL;
}

static bool connect(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;
	const long long tx = fake_front_number(backend, "tx-ring-ref");
	const long long rx = fake_front_number(backend, "rx-ring-ref");
	const long long port = fake_front_number(backend, "event-channel");
	int status;

	/* Linux refuses a front end that wants pages flipped to it. */
	if (tx < 0 || rx < 0 || port <= 0 || fake_front_number(backend, "request-rx-copy") != 1)
		return false;
	self->tx_ref = (grant_ref_t)tx;
	self->rx_ref = (grant_ref_t)rx;
	self->tx = fake_gnttab_map(FAKE_DOM0, self->tx_ref, false, &status);
	self->rx = fake_gnttab_map(FAKE_DOM0, self->rx_ref, false, &status);
	self->channel = fake_channel_bind(FAKE_DOM0, (evtchn_port_t)port);
	if (!self->tx || !self->rx || !self->channel) {
		disconnect(backend);
		return false;
	}
	/* Starts where a ring that the front end has used before left off, as Linux does. */
	self->tx_ring = (struct netif_tx_back_ring){.rsp_prod_pvt = self->tx->rsp_prod,
						    .req_cons = self->tx->rsp_prod,
						    .nr_ents = FAKE_NET_SLOTS,
						    .sring = self->tx};
	self->rx_ring = (struct netif_rx_back_ring){.rsp_prod_pvt = self->rx->rsp_prod,
						    .req_cons = self->rx->rsp_prod,
						    .nr_ents = FAKE_NET_SLOTS,
						    .sring = self->rx};
	return true;
}

void fake_netback_tx_respond(struct fake_netback *self, struct netif_tx_response response)
{
	int notify;

	if (self->tx_mangle)
		self->tx_mangle(&response);
	*RING_GET_RESPONSE(&self->tx_ring, self->tx_ring.rsp_prod_pvt) = response;
	self->tx_ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&self->tx_ring, notify);
	if (notify)
		fake_channel_notify(self->channel);
}

void fake_netback_rx_respond(struct fake_netback *self, struct netif_rx_response response)
{
	int notify;

	if (self->rx_mangle)
		self->rx_mangle(&response);
	*RING_GET_RESPONSE(&self->rx_ring, self->rx_ring.rsp_prod_pvt) = response;
	self->rx_ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&self->rx_ring, notify);
	if (notify)
		fake_channel_notify(self->channel);
}

static int16_t tx_take(struct fake_netback *self, const struct netif_tx_request *request)
{
	struct fake_frame *frame = &self->frames[self->frames_sent % FAKE_FRAMES];
	int status;

	if (request->flags & (NETTXF_more_data | NETTXF_extra_info))
		fake_violation("a frame in pieces, which was not negotiated");
	if (request->size < 14 || request->size + request->offset > FAKE_PAGE_SIZE)
		fake_violation("a frame of %u bytes at %u of its page", request->size,
			       request->offset);
	status = fake_gnttab_copy_from(FAKE_DOM0, request->gref, request->offset, frame->bytes,
				       request->size);
	if (status != GNTST_okay)
		fake_violation("a frame behind grant %u: status %d", request->gref, status);
	frame->len = request->size;
	self->frames_sent++;
	return self->tx_status;
}

static bool tx_work(struct fake_netback *self)
{
	struct netif_tx_response batch[FAKE_NET_SLOTS];
	size_t count = 0;
	unsigned more;

	if (self->tx->req_prod - self->tx_ring.req_cons > RING_SIZE(&self->tx_ring))
		fake_violation("tx ring: %u requests", self->tx->req_prod - self->tx_ring.req_cons);
	while (self->tx_ring.req_cons != __atomic_load_n(&self->tx->req_prod, __ATOMIC_ACQUIRE)) {
		const struct netif_tx_request request =
			*RING_GET_REQUEST(&self->tx_ring, self->tx_ring.req_cons);

		self->tx_ring.req_cons++;
		batch[count].id = request.id;
		batch[count++].status = tx_take(self, &request);
	}
	RING_FINAL_CHECK_FOR_REQUESTS(&self->tx_ring, more);
	for (size_t i = 0; i < count; i++)
		fake_netback_tx_respond(self, batch[self->tx_reversed ? count - 1 - i : i]);
	return count > 0 || more;
}

static bool rx_work(struct fake_netback *self)
{
	struct netif_rx_request batch[FAKE_NET_SLOTS];
	RING_IDX prod = __atomic_load_n(&self->rx->req_prod, __ATOMIC_ACQUIRE);
	size_t have = prod - self->rx_ring.req_cons, count = self->queue_tail - self->queue_head;

	if (have > RING_SIZE(&self->rx_ring))
		fake_violation("rx ring: %zu requests", have);
	if (count > have)
		count = have;
	for (size_t i = 0; i < count; i++)
		batch[i] = *RING_GET_REQUEST(&self->rx_ring, self->rx_ring.req_cons++);
	for (size_t i = 0; i < count; i++) {
		const struct netif_rx_request *request =
			&batch[self->rx_reversed ? count - 1 - i : i];
		const struct fake_frame *frame = &self->queue[self->queue_head++ % FAKE_FRAMES];
		const size_t fits = frame->len < FAKE_PAGE_SIZE ? frame->len : FAKE_PAGE_SIZE;
		int status = fake_gnttab_copy_to(FAKE_DOM0, request->gref, 0, frame->bytes, fits);

		if (status != GNTST_okay)
			fake_violation("a receive buffer behind grant %u: status %d", request->gref,
				       status);
		self->rx_delivered++;
		fake_netback_rx_respond(self, (struct netif_rx_response){.id = request->id,
									 .status = (int16_t)fits});
	}
	/* Wants an event when there is a request again. */
	self->rx->req_event = self->rx_ring.req_cons + 1;
	return count > 0;
}

/* The transmit ring is looked at when the guest says so, the other also when there are frames. */
static bool work(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;
	bool did = false;

	self->woken |= fake_channel_take(self->channel);
	if (self->stopped || !self->tx || !self->rx)
		return false;
	if (self->woken)
		did = tx_work(self);
	if (self->woken || self->queue_seen != self->queue_tail)
		did |= rx_work(self);
	self->queue_seen = self->queue_tail;
	self->woken = false;
	return did;
}

struct fake_netback *fake_netback_start(unsigned index)
{
	struct fake_netback *self = calloc(1, sizeof(*self));
	char path[96];

	self->frames = calloc(FAKE_FRAMES, sizeof(*self->frames));
	self->queue = calloc(FAKE_FRAMES, sizeof(*self->queue));
	self->backend = (struct fake_backend){.type = "vif",
					      .id = index,
					      .connect = connect,
					      .disconnect = disconnect,
					      .work = work};
	snprintf(path, sizeof(path), "/local/domain/7/device/vif/%u/mac", index);
	fake_store_write(path, "00:16:3e:00:00:%02x", index + 1);
	snprintf(path, sizeof(path), "/local/domain/0/backend/vif/7/%u/feature-rx-copy", index);
	fake_store_write(path, "1");
	fake_backend_start(&self->backend);
	return self;
}

void fake_netback_deliver(struct fake_netback *self, const void *bytes, size_t len)
{
	struct fake_frame *frame = &self->queue[self->queue_tail % FAKE_FRAMES];

	if (self->queue_tail - self->queue_head == FAKE_FRAMES || len > sizeof(frame->bytes))
		fake_violation("too much for the fake's queue");
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
	self->queue_tail++;
}
