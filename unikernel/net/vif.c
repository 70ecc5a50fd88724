/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/ethip6.h>
#include <lwip/etharp.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcpip.h>
#include <netif/ethernet.h>

#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/net/burst.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/vif.h"

struct vif *vif_first;

/* Not in lwIP any more, but perhaps in the queue of its thread. */
static struct vif *leaving;

/* Set by the event handlers, for the thread. */
static bool work;
static struct waitq work_arrived = WAITQ_INIT;

/* Senders of datagrams wait here. */
static struct waitq room = WAITQ_INIT;
#define DATAGRAMS_TURN 64u

void vif_thread_wake(void)
{
	work = true;
	waitq_wake_one(&work_arrived);
}

static bool vif_full(void)
{
	for (const struct vif *vif = vif_first; vif; vif = vif->next)
		if (vif->tx.count > 0)
			return true;
	return false;
}

void vif_wait_room(void)
{
	static unsigned int datagrams;

	/* Who always finds room lets others run now and then, those who take in answers for one. */
	if (++datagrams % DATAGRAMS_TURN == 0)
		thread_yield();
	if (vif_full())
		(void)waitq_wait_until(&room, !vif_full(), time_in(TIME_S));
}

/* netfront's side: event handlers, which must not wait and so never enter lwIP. */

static void front_writable(void *context)
{
	(void)context;
	vif_thread_wake();
}

static void front_link(void *context, bool up)
{
	struct vif *vif = context;

	vif->link = up;
	vif->link_changed = true;
	vif_thread_wake();
}

static void front_removed(void *context)
{
	struct vif *vif = context;

	vif->front = NULL;
	vif_thread_wake();
}

/* lwIP's side: called with the core lock held. */

/*
 * What was lost while the link was down is sent again at TCP's next tick, within half a second: the
 * wait for it has doubled with each attempt that was lost as well, and may be half a minute by now.
 * So is an acknowledgement, which nothing would send again: with it the peer hears what has come and how
 * much more may, which it would otherwise find out when its own doubled wait is over.
 * A connection that is half open has its time anew: lwIP would drop it without a word, and its
 * peer, to whom it is open, would be told so with a reset by what it sends.
 */
static void lost_hasten(const struct vif *vif)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		if (ip_route(&pcb->local_ip, &pcb->remote_ip) != &vif->netif)
			continue;
		if (pcb->rtime >= 0)
			pcb->rtime = pcb->rto;
		if (pcb->state == SYN_RCVD)
			pcb->tmr = tcp_ticks;
		if (pcb->state >= ESTABLISHED)
			tcp_set_flags(pcb, TF_ACK_DELAY);
	}
}

/*
 * lwIP is not told that the link is down. It would have no route then, and would fail what a program
 * sends over a connection that is to survive a back end's restart. As it is, what goes out meanwhile
 * is lost, and TCP sends it again. But when the link is back our addresses are announced anew, and
 * DHCP asks whether we are still where we were.
 */
static void link_apply(struct vif *vif)
{
	vif->link_changed = false;
	/* A new connection may have other features, and another mtu. */
	netfront_info(vif->front, &vif->info);
	if (!vif->link)
		return;
	netif_set_link_down(&vif->netif);
	netif_set_link_up(&vif->netif);
	lost_hasten(vif);
}

static void vif_work(struct vif *vif)
{
	if (vif->link_changed)
		link_apply(vif);
	vif_transmit(vif);
	if (vif->tx.count == 0)
		waitq_wake_all(&room);
	vif_input(vif);
}

/* Connections from its addresses end, as lwIP has them end: with ECONNABORTED. */
static void vif_close(struct vif *vif)
{
	log_info("net: vif%u: unplugged", vif->index);
	dhcp_stop(&vif->netif);
	dhcp_cleanup(&vif->netif);
	netif_remove(&vif->netif);
	burst_close(vif);
	while (vif->tx.count > 0)
		pbuf_free(packet_queue_pop(&vif->tx));
	while (vif->rx.count > 0)
		pbuf_free(packet_queue_pop(&vif->rx));
	vif->next = leaving;
	leaving = vif;
}

void vif_close_removed(void)
{
	struct vif **at = &vif_first, *vif;

	while ((vif = *at) != NULL) {
		if (vif->front) {
			at = &vif->next;
			continue;
		}
		*at = vif->next;
		vif_close(vif);
	}
}

static void vif_free(void *arg)
{
	struct vif *vif = arg;

	net_free(vif->rx.packet);
	net_free(vif->tx.packet);
	net_free(vif);
}

/*
 * What an interface has sent to itself is put in by lwIP's own thread, which has been given a
 * pointer to the interface; so it is that thread which frees it, behind all that it was given
 * before. Without the core lock, which that thread wants.
 */
static void leaving_free(void)
{
	struct vif *vif;

	while ((vif = leaving) != NULL) {
		leaving = vif->next;
		if (tcpip_callback(vif_free, vif) == ERR_OK)
			continue;
		/* No memory: at the next opportunity. */
		vif->next = leaving;
		leaving = vif;
		return;
	}
}

static void vif_thread(void *unused)
{
	(void)unused;
	for (;;) {
		waitq_wait_until(&work_arrived, work, TIME_FOREVER);
		work = false;
		LOCK_TCPIP_CORE();
		vif_close_removed();
		for (struct vif *vif = vif_first; vif; vif = vif->next)
			vif_work(vif);
		UNLOCK_TCPIP_CORE();
		leaving_free();
		/* Those who were woken by what came run before more of it is taken in. */
		thread_yield();
	}
}

int vif_thread_start(void)
{
	return thread_create("net", vif_thread, NULL, 0) ? 0 : -ENOMEM;
}

/* The group addresses of RFC 1112 6.4 and RFC 2464 7: the end of the IP address behind a prefix. */
static err_t group_change(struct netif *netif, const uint8_t mac[6], bool join)
{
	const struct vif *vif = netif->state;

	if (vif->front)
		(void)netfront_multicast(vif->front, mac, join);
	return ERR_OK;
}

static err_t group_change_ipv4(struct netif *netif, const ip4_addr_t *group,
			       enum netif_mac_filter_action action)
{
	const uint8_t *ip = (const uint8_t *)&group->addr;

	return group_change(netif, (const uint8_t[]){0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3]},
			    action == NETIF_ADD_MAC_FILTER);
}

static err_t group_change_ipv6(struct netif *netif, const ip6_addr_t *group,
			       enum netif_mac_filter_action action)
{
	const uint8_t *ip = (const uint8_t *)&group->addr[3];

	return group_change(netif, (const uint8_t[]){0x33, 0x33, ip[0], ip[1], ip[2], ip[3]},
			    action == NETIF_ADD_MAC_FILTER);
}

static err_t vif_netif_init(struct netif *netif)
{
	struct vif *vif = netif->state;

	netfront_info(vif->front, &vif->info);
	netif->name[0] = 'v';
	netif->name[1] = 'i';
	netif->hwaddr_len = ETH_HWADDR_LEN;
	memcpy(netif->hwaddr, vif->info.mac, ETH_HWADDR_LEN);
	netif->mtu = VIF_MTU_LWIP;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
		       NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
	netif->output = vif_output_ipv4;
	netif->output_ip6 = vif_output_ipv6;
	netif->linkoutput = vif_linkoutput;
	netif_set_igmp_mac_filter(netif, group_change_ipv4);
	netif_set_mld_mac_filter(netif, group_change_ipv6);
	/* All nodes: every IPv6 host is in this group without joining it (RFC 4291 2.8). */
	(void)netfront_multicast(vif->front, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, true);
	/* Those of TCP and UDP are made in vif_out.c, and looked at as vif_in.c says. */
	NETIF_SET_CHECKSUM_CTRL(netif,
				NETIF_CHECKSUM_ENABLE_ALL &
					~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP |
					  NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP));
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

struct vif *vif_open(struct netfront *front)
{
	struct vif *vif = net_calloc(1, sizeof(*vif));

	if (!vif)
		return NULL;
	vif->front = front;
	netfront_info(front, &vif->info);
	vif->index = vif->info.index;
	if (!packet_queue_init(&vif->rx, VIF_RX_QUEUE) ||
	    !packet_queue_init(&vif->tx, tx_queue_size()) ||
	    !netif_add_noaddr(&vif->netif, vif, vif_netif_init, ethernet_input)) {
		vif_free(vif);
		return NULL;
	}
	vif_append(vif);
	vif->client = (struct netfront_client){
		.receive = vif_receive,
		.sent = burst_sent,
		.writable = front_writable,
		.link = front_link,
		.removed = front_removed,
		.context = vif,
	};
	netfront_set_client(front, &vif->client);
	return vif;
}
