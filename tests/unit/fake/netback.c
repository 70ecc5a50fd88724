/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netback's control plane: what it offers in the store, what it reads there of the front end's, and
 * queues that come and go.
 *
 *   backend/vif/7/0/           we write           device/vif/0/                the front end writes
 *     feature-sg = 1                                request-rx-copy = 1
 *     multi-queue-max-queues = 4     ────►          multi-queue-num-queues = 2
 *     …                                             queue-0/tx-ring-ref …
 */
#include "tests/unit/fake/netback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void queue_close(struct fake_netback *self, struct fake_net_queue *queue)
{
	fake_netback_tx_drop(self, queue);
	if (queue->tx)
		fake_gnttab_unmap(queue->tx_ref, false);
	if (queue->rx)
		fake_gnttab_unmap(queue->rx_ref, false);
	queue->tx = NULL;
	queue->rx = NULL;
	fake_channel_close(queue->tx_channel);
	if (queue->rx_channel != queue->tx_channel)
		fake_channel_close(queue->rx_channel);
	queue->tx_channel = queue->rx_channel = NULL;
}

static void disconnect(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;

	for (size_t i = 0; i < FAKE_NET_QUEUES; i++)
		queue_close(self, &self->queue[i]);
	self->groups = 0;
}

static long long queue_number(const struct fake_netback *self, unsigned index, const char *key)
{
	char path[64];

	/* One queue is written as it was before there were several. */
	if (self->wish.queues == 1)
		return fake_front_number(&self->backend, key);
	snprintf(path, sizeof(path), "queue-%u/%s", index, key);
	return fake_front_number(&self->backend, path);
}

static struct fake_channel *channel_open(const struct fake_netback *self, unsigned index,
					 const char *key)
{
	const long long port = queue_number(self, index, key);

	return port > 0 ? fake_channel_bind(FAKE_DOM0, (evtchn_port_t)port) : NULL;
}

/* Two channels if the front end has written two, offered or not; otherwise one for both. */
static bool channels_open(struct fake_netback *self, unsigned index)
{
	struct fake_net_queue *queue = &self->queue[index];

	self->wish.split = queue_number(self, index, "event-channel-tx") > 0 &&
			   queue_number(self, index, "event-channel-rx") > 0;
	if (self->wish.split) {
		queue->tx_channel = channel_open(self, index, "event-channel-tx");
		queue->rx_channel = channel_open(self, index, "event-channel-rx");
	} else {
		queue->tx_channel = queue->rx_channel = channel_open(self, index, "event-channel");
	}
	return queue->tx_channel && queue->rx_channel;
}

static bool queue_open(struct fake_netback *self, unsigned index)
{
	struct fake_net_queue *queue = &self->queue[index];
	const long long tx = queue_number(self, index, "tx-ring-ref");
	const long long rx = queue_number(self, index, "rx-ring-ref");
	int status;

	queue->owed_count = 0;
	if (tx < 0 || rx < 0)
		return false;
	queue->tx_ref = (grant_ref_t)tx;
	queue->rx_ref = (grant_ref_t)rx;
	queue->tx = fake_gnttab_map(FAKE_DOM0, queue->tx_ref, false, &status);
	queue->rx = fake_gnttab_map(FAKE_DOM0, queue->rx_ref, false, &status);
	if (!queue->tx || !queue->rx || !channels_open(self, index))
		return false;
	/* Starts where a ring that the front end has used before left off, as Linux does. */
	queue->tx_ring = (struct netif_tx_back_ring){.rsp_prod_pvt = queue->tx->rsp_prod,
						     .req_cons = queue->tx->rsp_prod,
						     .nr_ents = FAKE_NET_SLOTS,
						     .sring = queue->tx};
	queue->rx_ring = (struct netif_rx_back_ring){.rsp_prod_pvt = queue->rx->rsp_prod,
						     .req_cons = queue->rx->rsp_prod,
						     .nr_ents = FAKE_NET_SLOTS,
						     .sring = queue->rx};
	queue->tx_woken = queue->rx_woken = true;
	return queue->tx->req_prod - queue->tx->rsp_prod <= FAKE_NET_SLOTS &&
	       queue->rx->req_prod - queue->rx->rsp_prod <= FAKE_NET_SLOTS;
}

static bool flag(const struct fake_netback *self, const char *key)
{
	return fake_front_number(&self->backend, key) > 0;
}

static bool connect(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;
	const long long queues = fake_front_number(backend, "multi-queue-num-queues");

	self->lied = false;
	self->wish = (struct fake_net_wish){
		.sg = flag(self, "feature-sg"),
		.csum4 = !flag(self, "feature-no-csum-offload"),
		.csum6 = flag(self, "feature-ipv6-csum-offload"),
		.gso4 = flag(self, "feature-gso-tcpv4"),
		.gso6 = flag(self, "feature-gso-tcpv6"),
		.multicast = self->offer.multicast && flag(self, "request-multicast-control"),
		.rx_notify = flag(self, "feature-rx-notify"),
		.queues = queues < 0 ? 1 : (unsigned)queues,
	};
	/* Linux refuses a front end that wants pages flipped to it, and queues it did not offer. */
	if (!flag(self, "request-rx-copy") || queues == 0 ||
	    self->wish.queues > (self->offer.queues ? self->offer.queues : 1))
		return false;
	for (unsigned i = 0; i < self->wish.queues; i++)
		if (!queue_open(self, i)) {
			disconnect(backend);
			return false;
		}
	return true;
}

/* The transmit ring is looked at when the guest says so, the other also when there are frames. */
static bool queue_work(struct fake_netback *self, struct fake_net_queue *queue)
{
	bool did = false;

	queue->tx_woken |= fake_channel_take(queue->tx_channel);
	if (self->wish.split)
		queue->rx_woken |= fake_channel_take(queue->rx_channel);
	else
		queue->rx_woken |= queue->tx_woken;
	if (self->stopped || !queue->tx || !queue->rx)
		return false;
	if (queue->tx_woken)
		did = fake_netback_tx_work(self, queue);
	if (queue->rx_woken || queue->seen != queue->tail || !self->wish.rx_notify)
		did |= fake_netback_rx_work(self, queue);
	queue->seen = queue->tail;
	queue->tx_woken = queue->rx_woken = false;
	return did;
}

static bool work(struct fake_backend *backend)
{
	struct fake_netback *self = (struct fake_netback *)backend;
	bool did = false;

	if (self->looked != fake_store_generation() && self->offer.dynamic_multicast) {
		self->looked = fake_store_generation();
		self->wish.multicast =
			self->offer.multicast && flag(self, "request-multicast-control");
	}
	for (unsigned i = 0; i < self->wish.queues; i++)
		did |= queue_work(self, &self->queue[i]);
	return did;
}

static void node(const struct fake_netback *self, const char *key, long long value, bool there)
{
	char path[128];

	snprintf(path, sizeof(path), "/local/domain/%d/backend/vif/%d/%u/%s", FAKE_DOM0, FAKE_GUEST,
		 self->backend.id, key);
	if (!there)
		fake_store_remove(path);
	else if (fake_store_number(path, -1) != value)
		fake_store_write(path, "%lld", value);
}

void fake_netback_offer(struct fake_netback *self)
{
	const struct fake_net_offer *offer = &self->offer;

	node(self, "feature-rx-copy", 1, true);
	node(self, "feature-sg", 1, offer->sg);
	node(self, "feature-gso-tcpv4", 1, offer->gso4);
	node(self, "feature-gso-tcpv6", 1, offer->gso6);
	/* Of IPv4 it is the want of it that is written. */
	node(self, "feature-no-csum-offload", 1, !offer->csum4);
	node(self, "feature-ipv6-csum-offload", 1, offer->csum6);
	node(self, "feature-split-event-channels", 1, offer->split);
	node(self, "feature-multicast-control", 1, offer->multicast);
	node(self, "feature-dynamic-multicast-control", 1, offer->dynamic_multicast);
	node(self, "multi-queue-max-queues", offer->queues, offer->queues > 0);
	node(self, "carrier", offer->carrier, offer->carrier >= 0);
	node(self, "mtu", self->mtu, self->mtu != 1500);
}

void fake_netback_carrier(struct fake_netback *self, bool up)
{
	self->offer.carrier = up;
	node(self, "carrier", up, true);
}

struct fake_netback *fake_netback_make(unsigned index)
{
	struct fake_netback *self = calloc(1, sizeof(*self));

	self->frames = calloc(FAKE_FRAMES, sizeof(*self->frames));
	for (size_t i = 0; i < FAKE_NET_QUEUES; i++)
		self->queue[i].frames = calloc(FAKE_FRAMES, sizeof(*self->frames));
	self->backend = (struct fake_backend){.type = "vif",
					      .id = index,
					      .connect = connect,
					      .disconnect = disconnect,
					      .work = work};
	self->mtu = 1500;
	self->offer = (struct fake_net_offer){.sg = true,
					      .csum4 = true,
					      .csum6 = true,
					      .gso4 = true,
					      .gso6 = true,
					      .split = true,
					      .multicast = true,
					      .dynamic_multicast = true,
					      .queues = 4,
					      .carrier = 1};
	return self;
}

void fake_netback_plug(struct fake_netback *self)
{
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%d/device/vif/%u/mac", FAKE_GUEST,
		 self->backend.id);
	fake_store_write(path, "00:16:3e:00:00:%02x", self->backend.id + 1);
	snprintf(path, sizeof(path), "/local/domain/%d/device/vif/%u/mtu", FAKE_GUEST,
		 self->backend.id);
	if (self->mtu != 1500)
		fake_store_write(path, "%u", self->mtu);
	fake_netback_offer(self);
	fake_backend_start(&self->backend);
}

struct fake_netback *fake_netback_start(unsigned index)
{
	struct fake_netback *self = fake_netback_make(index);

	fake_netback_plug(self);
	return self;
}

void fake_netback_notify(struct fake_netback *self)
{
	for (size_t i = 0; i < FAKE_NET_QUEUES; i++) {
		fake_channel_notify(self->queue[i].tx_channel);
		fake_channel_notify(self->queue[i].rx_channel);
	}
}
