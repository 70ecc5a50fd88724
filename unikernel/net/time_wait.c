/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections that we closed first wait out their time (TIME_WAIT), lest a late segment of theirs is
 * taken for one of a successor's. lwIP does that alone: a new SYN for such a pair of ends is answered
 * as if it were late, and the client is left to try again for as long as the wait lasts; and each of
 * those that wait is looked at for every segment that comes. A server that closes first thus stands
 * still as soon as a client's ports come round.
 *
 * RFC 9293 3.10.7.4 allows what is done here: a SYN whose sequence number is beyond all that the old
 * connection has seen begins a new one at once, because nothing of the old can be mistaken for it. And
 * of those that wait only the newest WAITING_MAX are kept.
 */
#include <stdbool.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <arch/hooks.h>

#define WAITING_MAX 64u

/* The pair of ends that a segment is for. */
struct ends {
	ip_addr_t local, remote;
	u16_t local_port, remote_port;
};

static bool waits_for(const struct tcp_pcb *pcb, const struct ends *ends)
{
	return pcb->local_port == ends->local_port && pcb->remote_port == ends->remote_port &&
	       ip_addr_cmp(&pcb->local_ip, &ends->local) &&
	       ip_addr_cmp(&pcb->remote_ip, &ends->remote);
}

/* The newest are first in lwIP's list; aborting one that waits says nothing to the other end. */
static void waiting_end(const struct ends *ends, u32_t seqno)
{
	struct tcp_pcb *pcb, *next;
	unsigned int count = 0;

	for (pcb = tcp_tw_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (++count > WAITING_MAX ||
		    (waits_for(pcb, ends) && TCP_SEQ_GT(seqno, pcb->rcv_nxt)))
			tcp_abort(pcb);
	}
}

/* A segment's header, if it lies in the first buffer and begins a connection. */
static const struct tcp_hdr *syn_find(const struct pbuf *p, size_t at)
{
	const struct tcp_hdr *tcp = (const void *)((const char *)p->payload + at);

	if (!tcp_tw_pcbs || p->len < at + TCP_HLEN ||
	    (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return NULL;
	return tcp;
}

int net_ip4_in(const struct pbuf *p, const struct netif *netif)
{
	const struct ip_hdr *ip = p->payload;
	const struct tcp_hdr *tcp;
	struct ends ends;

	(void)netif;
	if (p->len < IP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP)
		return 0;
	tcp = syn_find(p, IPH_HL_BYTES(ip));
	if (!tcp)
		return 0;
	ip_addr_copy_from_ip4(ends.local, ip->dest);
	ip_addr_copy_from_ip4(ends.remote, ip->src);
	ends.local_port = lwip_ntohs(tcp->dest);
	ends.remote_port = lwip_ntohs(tcp->src);
	waiting_end(&ends, lwip_ntohl(tcp->seqno));
	return 0;
}

int net_ip6_in(const struct pbuf *p, const struct netif *netif)
{
	const struct ip6_hdr *ip = p->payload;
	const struct tcp_hdr *tcp;
	struct ends ends;

	if (p->len < IP6_HLEN || IP6H_NEXTH(ip) != IP_PROTO_TCP)
		return 0;
	tcp = syn_find(p, IP6_HLEN);
	if (!tcp)
		return 0;
	ip_addr_copy_from_ip6_packed(ends.local, ip->dest);
	ip_addr_copy_from_ip6_packed(ends.remote, ip->src);
	ip6_addr_assign_zone(ip_2_ip6(&ends.local), IP6_UNICAST, netif);
	ip6_addr_assign_zone(ip_2_ip6(&ends.remote), IP6_UNICAST, netif);
	ends.local_port = lwip_ntohs(tcp->dest);
	ends.remote_port = lwip_ntohs(tcp->src);
	waiting_end(&ends, lwip_ntohl(tcp->seqno));
	return 0;
}
