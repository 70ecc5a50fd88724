/* SPDX-License-Identifier: BSD-2-Clause */
/* The control plane: which devices there are, and how each comes and goes. */
#include "netfront/netfront.h"

#include <errno.h>
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "xenbus/option.h"

#define MTU_DEFAULT 1500u
#define MTU_MIN	    68 /* what IPv4 asks of every link */
#define MTU_MAX	    (NETFRONT_FRAME_MAX - FRAME_HEADER)
/* Without scatter-gather, a frame has to fit a page. */
#define MTU_MAX_PAGE (PAGE_SIZE - FRAME_HEADER)

void (*netfront_arrived_hook)(struct netfront *nf);

/* The client sees one link, which is up if the connection and the back end's carrier are. */
static void netfront_link(struct netfront *nf)
{
	bool up = nf->connected && nf->carrier;

	if (nf->up == up)
		return;
	nf->up = up;
	if (nf->client != NULL && nf->client->link != NULL)
		nf->client->link(nf->client->context, up);
}

/* --- what the toolstack and the back end write about it ---------------------------------- */

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

/* Read for each connection, since the toolstack may have changed it. */
static int netfront_read_mtu(struct netfront *nf)
{
	struct xenbus_property node = {.name = "mtu", .value = MTU_DEFAULT};
	uint64_t max = nf->features.scatter_gather ? MTU_MAX : MTU_MAX_PAGE;
	int error = nf->features.mtu ? xenbus_read_all(nf->device->path, &node, 1) : 0;

	if (node.value < MTU_MIN || node.value > max) {
		log_warn("netfront: %s: mtu %llu is not possible, %u is used", nf->device->path,
			 (unsigned long long)node.value, MTU_DEFAULT);
		node.value = MTU_DEFAULT;
	}
	nf->mtu = (uint16_t)node.value;
	return error;
}

static void carrier_changed(struct xenbus_watch *watch)
{
	struct netfront *nf = watch->context;
	uint64_t carrier = 1;

	/* Without an answer it is as it was; without the node, up. */
	int error = xenbus_read_u64(XENBUS_NO_TX, nf->device->backend, "carrier", &carrier);
	if (error == 0 || error == -ENOENT)
		nf->carrier = carrier != 0;
	netfront_link(nf);
}

/* --- what the bus calls ------------------------------------------------------------------ */

static struct device_indexes indexes;

static int netfront_probe(struct xenbus_device *dev)
{
	char mac[18];
	struct xenbus_property node = {.name = "mac", .into = mac, .size = sizeof(mac)};
	int error = xenbus_read_all(dev->path, &node, 1);
	struct netfront *nf = heap_zalloc(sizeof(*nf));

	if (nf == NULL)
		error = -ENOMEM;
	else if (error == 0 && (node.error != 0 || !mac_parse(mac, nf->mac))) {
		error = -EINVAL;
		format(dev->failure, sizeof(dev->failure), "it has no usable MAC address");
	}
	if (error != 0) {
		heap_free(nf);
		return error;
	}
	error = device_index_take(&indexes, &nf->index);
	if (error != 0) {
		heap_free(nf);
		return error;
	}
	nf->device = dev;
	nf->mtu = MTU_DEFAULT;
	format(nf->carrier_path, sizeof(nf->carrier_path), "%s/carrier", dev->backend);
	nf->carrier_watch = (struct xenbus_watch){
		.path = nf->carrier_path, .changed = carrier_changed, .context = nf};
	features_configure(nf);
	dev->driver_data = nf;
	if (netfront_arrived_hook != NULL)
		netfront_arrived_hook(nf);
	return 0;
}

static int netfront_publish(struct xenbus_device *dev, struct xenbus_property node[])
{
	struct netfront *nf = dev->driver_data;
	int error = features_negotiate(nf);

	if (error == 0)
		error = netfront_read_mtu(nf);
	for (unsigned int i = 0; i < nf->features.queues && error == 0; i++)
		error = queue_open(nf, i);
	return error != 0 ? error : publish_nodes(nf, node);
}

static bool netfront_mapped(const struct xenbus_device *dev)
{
	const struct netfront *nf = dev->driver_data;

	for (unsigned int i = 0; i < nf->features.queues; i++)
		if (!shared_page_mapped(&nf->queue[i]->tx.ring_page) ||
		    !shared_page_mapped(&nf->queue[i]->rx.ring_page))
			return false;
	return true;
}

static int netfront_connect(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	nf->stats.connections++;
	nf->connected = true;
	multicast_start(nf);
	if (nf->carrier_told && !nf->carrier_watched)
		nf->carrier_watched = xenbus_watch(&nf->carrier_watch) == 0;
	netfront_link(nf);
	/* Frames may be there already, and the event for them came while the link was down. */
	for (unsigned int i = 0; i < nf->features.queues && nf->connected; i++)
		queue_start(nf->queue[i]);
	return 0;
}

static void netfront_stop(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	nf->connected = false;
	for (unsigned int i = 0; i < NETFRONT_QUEUES_MAX; i++)
		if (nf->queue[i] != NULL)
			queue_stop(nf->queue[i]);
	netfront_link(nf);
}

static void netfront_release(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	for (unsigned int i = 0; i < NETFRONT_QUEUES_MAX; i++)
		if (nf->queue[i] != NULL)
			queue_close(nf->queue[i]);
}

static void netfront_removed(struct xenbus_device *dev)
{
	struct netfront *nf = dev->driver_data;

	if (nf->carrier_watched)
		xenbus_unwatch(&nf->carrier_watch);
	nf->carrier_watched = false;
	nf->stats.violations = dev->violations;
	nf->device = dev->driver_data = NULL;
	nf->removed = true;
	netfront_let_go(nf);
}

/*
 * Its client hears that a device has been removed when what it lent has come back; what it has
 * taken it gives back when it likes, and only then is the device freed.
 */
void netfront_let_go(struct netfront *nf)
{
	const struct netfront_client *client = nf->client;
	unsigned int loans = 0, pages = 0;

	if (!nf->removed)
		return;
	for (unsigned int i = 0; i < NETFRONT_QUEUES_MAX; i++)
		if (nf->queue[i] != NULL) {
			loans += nf->queue[i]->tx.loans;
			pages += nf->queue[i]->rx.pages;
		}
	if (loans > 0)
		return;
	nf->client = NULL;
	if (!nf->told)
		device_index_free(&indexes, nf->index);
	nf->told = true;
	if (client != NULL && client->removed != NULL)
		client->removed(client->context);
	if (pages > 0)
		return;
	for (unsigned int i = 0; i < NETFRONT_QUEUES_MAX; i++)
		heap_free(nf->queue[i]);
	heap_free(nf);
}

static struct xenbus_driver netfront_driver = {
	.type = "vif",
	/* netback connects when it sees us Connected; Initialised tells it nothing. */
	.published = XenbusStateConnected,
	.probe = netfront_probe,
	.publish = netfront_publish,
	.mapped = netfront_mapped,
	.connect = netfront_connect,
	.stop = netfront_stop,
	.release = netfront_release,
	.removed = netfront_removed,
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
	info->index = nf->index;
	info->mtu = nf->mtu;
	info->link = nf->up;
	info->features = nf->features;
}

void netfront_stats(const struct netfront *nf, struct netfront_stats *stats)
{
	*stats = nf->stats;
	if (nf->device != NULL)
		stats->violations = nf->device->violations;
	for (unsigned int i = 0; i < NETFRONT_QUEUES_MAX; i++) {
		const struct netfront_queue *queue = nf->queue[i];

		if (queue == NULL)
			continue;
		stats->events += queue->tx_channel.events + queue->rx_channel.events;
		stats->notifies += queue->tx_channel.notifies + queue->rx_channel.notifies;
		stats->pages_kept += queue->rx.pages;
		stats->copies_kept += tx_grants_kept(queue);
		stats->grants_kept += tx_grants_kept(queue) + pages_granted(queue);
	}
}
