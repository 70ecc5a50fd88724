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
 * of those that wait only the newest WAITING_MAX are kept, so that a SYN, once a connection, looks
 * at no more than these.
 */
#include <stdbool.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <arch/hooks.h>

#include "unikernel/net/ends.h"

#define WAITING_MAX 64u

/* The newest are first in lwIP's list; aborting one that waits says nothing to the other end. */
static void waiting_end(const struct ends *syn, u32_t seqno)
{
	struct tcp_pcb *pcb, *next;
	unsigned int count = 0;

	for (pcb = tcp_tw_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (++count > WAITING_MAX || (ends_match(pcb, &syn->destination, &syn->source) &&
					      TCP_SEQ_GT(seqno, pcb->rcv_nxt)))
			tcp_abort(pcb);
	}
}

/* A segment that begins a connection, if its header lies in the first buffer. */
static void syn_in(const struct pbuf *p, size_t at, bool ipv6, const struct netif *netif)
{
	const struct tcp_hdr *tcp = (const void *)((const char *)p->payload + at);
	struct ends ends;

	if (!tcp_tw_pcbs || p->len < at + TCP_HLEN ||
	    (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return;
	ends = ends_read(p->payload, ipv6, tcp, netif);
	waiting_end(&ends, lwip_ntohl(tcp->seqno));
}

int net_ip4_in(const struct pbuf *p, const struct netif *netif)
{
	const struct ip_hdr *ip = p->payload;

	if (p->len >= IP_HLEN && IPH_PROTO(ip) == IP_PROTO_TCP)
		syn_in(p, IPH_HL_BYTES(ip), false, netif);
	return 0;
}

int net_ip6_in(const struct pbuf *p, const struct netif *netif)
{
	const struct ip6_hdr *ip = p->payload;

	if (p->len >= IP6_HLEN && IP6H_NEXTH(ip) == IP_PROTO_TCP)
		syn_in(p, IP6_HLEN, true, netif);
	return 0;
}
