/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/net/ends.h"

#include <lwip/ip.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcp.h>

/* A link-local address means something on one interface alone. */
static ip_addr_t address_ipv6(const ip6_addr_p_t *packed, const struct netif *netif)
{
	ip_addr_t address;

	ip_addr_copy_from_ip6_packed(address, *packed);
	ip6_addr_assign_zone(ip_2_ip6(&address), IP6_UNICAST, netif);
	return address;
}

static ip_addr_t address_ipv4(const ip4_addr_p_t *packed)
{
	ip_addr_t address;

	ip_addr_copy_from_ip4(address, *packed);
	return address;
}

struct ends ends_read(const void *ip, bool ipv6, const struct tcp_hdr *tcp,
		      const struct netif *netif)
{
	const struct ip6_hdr *ip6 = ip;
	const struct ip_hdr *ip4 = ip;

	return (struct ends){
		.source = {ipv6 ? address_ipv6(&ip6->src, netif) : address_ipv4(&ip4->src),
			   lwip_ntohs(tcp->src)},
		.destination = {ipv6 ? address_ipv6(&ip6->dest, netif) : address_ipv4(&ip4->dest),
				lwip_ntohs(tcp->dest)},
	};
}

bool ends_match(const struct tcp_pcb *pcb, const struct end *local, const struct end *remote)
{
	return pcb->local_port == local->port && pcb->remote_port == remote->port &&
	       ip_addr_cmp(&pcb->local_ip, &local->address) &&
	       ip_addr_cmp(&pcb->remote_ip, &remote->address);
}
