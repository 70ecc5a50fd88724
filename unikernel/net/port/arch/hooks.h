/* SPDX-License-Identifier: BSD-2-Clause */
/* Places where lwIP asks us. */
#ifndef LODGER_NET_ARCH_HOOKS_H
#define LODGER_NET_ARCH_HOOKS_H

/*
 * lwIP forgets a connection that is half open after 20 s, without a word, and the peer, to whom it is
 * open once it has our SYN, is told with a reset by what it sends. A back end may be away for longer than
 * that, so it is Linux' time. (tcp.c takes in this file behind lwIP's own definition.)
 */
#undef TCP_SYN_RCVD_TIMEOUT
#define TCP_SYN_RCVD_TIMEOUT 63000

#include "lwip/err.h"
#include "lwip/ip_addr.h"

/* The first sequence number of a connection (unikernel/net/isn.c). */
u32_t net_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
		  u16_t remote_port);

/* Packets before lwIP looks at them: 0, and it goes on (unikernel/net/time_wait.c). */
struct pbuf;
struct netif;
int net_ip4_in(const struct pbuf *p, const struct netif *netif);
int net_ip6_in(const struct pbuf *p, const struct netif *netif);

/* Segments larger than the peer's (unikernel/net/segment.c). */
struct tcp_pcb;
struct tcp_hdr;
err_t net_tcp_in(struct tcp_pcb *pcb);
u32_t *net_tcp_out(const struct pbuf *p, struct tcp_hdr *tcp, const struct tcp_pcb *pcb,
		   u32_t *options);

#endif
