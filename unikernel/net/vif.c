/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <lwip/ethip6.h>
#include <lwip/etharp.h>
#include <lwip/pbuf.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/vif.h"

#define MTU_MAX 1500
#define MTU_MIN 576 /* what every IPv4 host must take (RFC 791) */

struct vif *vif_first;

/* Set by the event handlers, for the thread. */
static bool work;
static struct waitq work_arrived = WAITQ_INIT;

static void work_announce(void)
{
	work = true;
	waitq_wake_one(&work_arrived);
}

/* netfront's side: event handlers, which must not wait and so never enter lwIP. */

static void frame_receive(void *context, const void *frame, size_t len)
{
	struct vif *vif = context;
	struct pbuf *p = NULL;

	if (vif->rx.count < vif->rx.size && len <= UINT16_MAX)
		p = pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_RAM);
	if (!p) {
		vif->stats.rx_dropped++;
		return;
	}
	memcpy(p->payload, frame, len);
	packet_queue_push(&vif->rx, p);
	work_announce();
}

static void front_writable(void *context)
{
	(void)context;
	work_announce();
}

static void front_link(void *context, bool up)
{
	struct vif *vif = context;

	vif->link = up;
	vif->link_changed = true;
	work_announce();
}

/* lwIP's side: called with the core lock held. */

/* -EAGAIN if the ring is full; any other error means that this frame will never be sent. */
static int frame_send(struct vif *vif, const struct pbuf *p)
{
	static uint8_t whole[SIZEOF_ETH_HDR + MTU_MAX];

	if (p->len == p->tot_len)
		return netfront_send(vif->front, p->payload, p->len);
	/* Rare: lwIP was told to make its packets in one piece (LWIP_NETIF_TX_SINGLE_PBUF). */
	if (p->tot_len > sizeof(whole))
		return -EMSGSIZE;
	pbuf_copy_partial(p, whole, p->tot_len, 0);
	return netfront_send(vif->front, whole, p->tot_len);
}

/*
 * A packet to be kept: by a reference, which TCP respects (a segment with a second reference is
 * not touched), or by a copy if it points at memory that belongs to somebody else.
 */
static struct pbuf *packet_keep(struct pbuf *p)
{
	for (const struct pbuf *part = p; part; part = part->next)
		if (PBUF_NEEDS_COPY(part))
			return pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	pbuf_ref(p);
	return p;
}

static err_t packet_output(struct netif *netif, struct pbuf *p)
{
	struct vif *vif = netif->state;
	int result = -EAGAIN;

	if (vif->tx.count == 0)
		result = frame_send(vif, p);
	if (result == 0)
		return ERR_OK;
	if (result == -EAGAIN && vif->tx.count < vif->tx.size) {
		struct pbuf *kept = packet_keep(p);

		if (kept) {
			vif->stats.tx_waited++;
			packet_queue_push(&vif->tx, kept);
			return ERR_OK;
		}
	}
	vif->stats.tx_dropped++;
	return result == -EAGAIN ? ERR_MEM : ERR_IF;
}

static void queue_transmit(struct vif *vif)
{
	struct pbuf *p;

	while ((p = packet_queue_head(&vif->tx)) != NULL) {
		int result = frame_send(vif, p);

		if (result == -EAGAIN)
			return;
		if (result < 0)
			vif->stats.tx_dropped++;
		pbuf_free(packet_queue_pop(&vif->tx));
	}
}

/* As many frames as there were when we looked: what they cause to come is the next turn's. */
static void queue_input(struct vif *vif)
{
	for (unsigned int count = vif->rx.count; count > 0; count--) {
		struct pbuf *p = packet_queue_pop(&vif->rx);

		if (vif->netif.input(p, &vif->netif) != ERR_OK)
			pbuf_free(p);
	}
}

static void link_apply(struct vif *vif)
{
	vif->link_changed = false;
	if (vif->link)
		netif_set_link_up(&vif->netif);
	else
		netif_set_link_down(&vif->netif);
}

static void vif_work(struct vif *vif)
{
	if (vif->link_changed)
		link_apply(vif);
	queue_transmit(vif);
	queue_input(vif);
}

static void vif_thread(void *unused)
{
	(void)unused;
	for (;;) {
		waitq_wait_until(&work_arrived, work, TIME_FOREVER);
		work = false;
		LOCK_TCPIP_CORE();
		for (struct vif *vif = vif_first; vif; vif = vif->next)
			vif_work(vif);
		UNLOCK_TCPIP_CORE();
		/* Those who were woken by what came run before more of it is taken in. */
		thread_yield();
	}
}

int vif_thread_start(void)
{
	return thread_create("net", vif_thread, NULL, 0) ? 0 : -ENOMEM;
}

static err_t vif_netif_init(struct netif *netif)
{
	struct vif *vif = netif->state;
	struct netfront_info info;

	netfront_info(vif->front, &info);
	netif->name[0] = 'v';
	netif->name[1] = 'i';
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, info.mac, ETH_HWADDR_LEN);
	netif->mtu = LWIP_MAX(MTU_MIN, LWIP_MIN(MTU_MAX, info.mtu));
	netif->flags =
		NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
	netif->output = etharp_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = packet_output;
	return ERR_OK;
}

static void vif_append(struct vif *vif)
{
	struct vif **end = &vif_first;

	while (*end)
		end = &(*end)->next;
	*end = vif;
}

/* In packets; a full one takes 2 KiB of the heap. */
static unsigned int tx_queue_size(void)
{
	struct net_memory_stats memory;

	net_memory_stats(&memory);
	return (unsigned int)LWIP_MAX(256, LWIP_MIN(16384, memory.limit / 2048));
}

struct vif *vif_open(unsigned int index)
{
	struct netfront *front = netfront_open(index);
	struct vif *vif;

	if (!front)
		return NULL;
	vif = net_calloc(1, sizeof(*vif));
	if (!vif)
		return NULL;
	vif->front = front;
	vif->index = index;
	if (!packet_queue_init(&vif->rx, VIF_RX_QUEUE) ||
	    !packet_queue_init(&vif->tx, tx_queue_size()) ||
	    !netif_add_noaddr(&vif->netif, vif, vif_netif_init, ethernet_input)) {
		net_free(vif->rx.packet);
		net_free(vif->tx.packet);
		net_free(vif);
		return NULL;
	}
	vif_append(vif);
	vif->client = (struct netfront_client){
		.receive = frame_receive,
		.writable = front_writable,
		.link = front_link,
		.context = vif,
	};
	netfront_set_client(front, &vif->client);
	return vif;
}
