/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ends of a connection, as a packet of it names them. */
#ifndef LODGER_NET_ENDS_H
#define LODGER_NET_ENDS_H

#include <stdbool.h>

#include <lwip/ip_addr.h>

struct netif;
struct tcp_hdr;
struct tcp_pcb;

struct end {
	ip_addr_t address;
	u16_t port;
};

struct ends {
	struct end source, destination;
};

/* ip: the header of IPv4 or IPv6 before tcp's. netif: where the packet comes from, or goes to. */
struct ends ends_read(const void *ip, bool ipv6, const struct tcp_hdr *tcp,
		      const struct netif *netif);

/* Is it lwIP's side of the connection between the two? */
bool ends_match(const struct tcp_pcb *pcb, const struct end *local, const struct end *remote);

#endif
