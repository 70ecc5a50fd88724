/* SPDX-License-Identifier: BSD-2-Clause */
/* The control plane: which devices there are, and how each comes and goes. */
#include "netfront/netfront.h"

#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"

#define MTU_DEFAULT 1500u
#define MTU_MIN	    68 /* what IPv4 asks of every link */
/* A frame has to fit a page: scatter-gather is not offered. */
#define MTU_MAX (PAGE_SIZE - FRAME_HEADER)

static void netfront_serve(void *arg)
{
	struct netfront *nf = arg;

	if (nf->up)
		tx_reclaim(nf);
	/* More frames have come meanwhile: after the threads that these are for. */
	if (nf->up && rx_drain(nf))
		timer_set(&nf->again, TIME_POLL, netfront_serve, nf);
}

static void netfront_link(struct netfront *nf, bool up)
{
	if (nf->up == up)
		return;
	nf->up = up;
	if (nf->client != NULL && nf->client->link != NULL)
		nf->client->link(nf->client->context, up);
}

/* --- what the bus calls ------------------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "00:16:3e:12:34:56", and an address that a device can have: not all zero, not a group's. */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	unsigned int any = 0;

	for (size_t i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		any |= mac[i];
	}
	return any != 0 && (mac[0] & 1) == 0;
}

static int netfront_probe(struct xenbus_device *dev)
{
	char mac[18];
	struct xenbus_property node[] = {
		{.name = "mac", .into = mac, .size = sizeof(mac)},
		{.name = "mtu", .value = MTU_DEFAULT},
	};
	int error = xenbus_read_all(dev->path, node, 2);
	struct netfront *nf = heap_zalloc(sizeof(*nf));

	if (nf == NULL)
		error = -ENOMEM;
	else if (error == 0 && (node[0].error != 0 || !mac_parse(mac, nf->mac)))
		error = -EINVAL;
	if (error != 0) {
		log_error("netfront: %s: no usable MAC address", dev->path);
		heap_free(nf);
		return error;
	}
	if (node[1].value < MTU_MIN || node[1].value > MTU_MAX) {
		log_warn("netfront: %s: mtu %llu is not possible, %u is used", dev->path,
			 (unsigned long long)node[1].value, MTU_DEFAULT);
		node[1].value = MTU_DEFAULT;
	}
	nf->mtu = (uint16_t)node[1].value;
	nf->device = dev;
	dev->driver_data = nf;
	return 0;
}

static int netfront_publish(struct xenbus_device *dev, struct xenbus_property node[])
{
	struct netfront *nf = dev->driver_data;
	int error = tx_open(nf);

	if (error == 0)
		error = rx_open(nf);
	if (error == 0)
		error = xenbus_channel_open(&nf->channel, dev->backend_id, netfront_serve, nf);
	if (error != 0)
		return error;

	const struct xenbus_property published[] = {
		{.name = "tx-ring-ref", .value = nf->tx.ring_page.ref},
		{.name = "rx-ring-ref", .value = nf->rx.ring_page.ref},
		{.name = "event-channel", .value = nf->channel.port},
		{.name = "request-rx-copy", .value = 1},
		/* We notify after posting pages, so netback may wait for them. */
		{.name = "feature-rx-notify", .value = 1},
		/* Every frame comes with its checksums. For IPv6 that needs no saying. */
		{.name = "feature-no-csum-offload", .value = 1},
	};
	memcpy(node, published, sizeof(published));
	return sizeof(published) / sizeof(published[0]);
}

static int netfront_connect(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	nf->stats.connections++;
	netfront_link(nf, true);
	/* Frames may be there already, and the event for them came while the link was down. */
	timer_set(&nf->again, TIME_POLL, netfront_serve, nf);
	return 0;
}

static void netfront_stop(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	timer_cancel(&nf->again);
	netfront_link(nf, false);
}

static void netfront_release(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	xenbus_channel_close(&nf->channel);
	tx_close(nf);
	rx_close(nf);
}

static struct xenbus_driver netfront_driver = {
	.type = "vif",
	/* netback connects when it sees us Connected; Initialised tells it nothing. */
	.published = XenbusStateConnected,
	.probe = netfront_probe,
	.publish = netfront_publish,
	.connect = netfront_connect,
	.stop = netfront_stop,
	.release = netfront_release,
};

static int netfront_init(void)
{
	xenbus_driver_register(&netfront_driver);
	return 0;
}
INIT(INIT_DRIVER, netfront_init);

/* --- what the user calls ----------------------------------------------------------------- */

struct netfront *netfront_open(unsigned int index)
{
	struct xenbus_device *dev = xenbus_device_find(&netfront_driver, index);

	return dev != NULL ? dev->driver_data : NULL;
}

void netfront_set_client(struct netfront *nf, const struct netfront_client *client)
{
	nf->client = client;
	if (nf->up && client != NULL && client->link != NULL)
		client->link(client->context, true);
}

void netfront_info(const struct netfront *nf, struct netfront_info *info)
{
	memcpy(info->mac, nf->mac, sizeof(info->mac));
	info->mtu = nf->mtu;
	info->link = nf->up;
}

void netfront_stats(const struct netfront *nf, struct netfront_stats *stats)
{
	*stats = nf->stats;
	stats->events = nf->channel.events;
	stats->notifies = nf->channel.notifies;
	stats->violations = nf->device->violations;
}
