/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>

#include "unikernel/net/headers.h"

#define IPV4_AT SIZEOF_ETH_HDR

/* What is in the packet, if nothing stands between its header and that. */
static uint8_t protocol(const struct eth_hdr *eth, bool ipv6)
{
	const struct ip_hdr *ip4 = (const void *)((const char *)eth + IPV4_AT);

	if (ipv6)
		return IP6H_NEXTH((const struct ip6_hdr *)(const void *)ip4);
	if (eth->type != PP_HTONS(ETHTYPE_IP) || IPH_HL_BYTES(ip4) != IP_HLEN ||
	    (IPH_OFFSET(ip4) & PP_HTONS(IP_MF | IP_OFFMASK)) != 0)
		return 0;
	return IPH_PROTO(ip4);
}

bool headers_find(struct headers *h, const void *frame, size_t len)
{
	const struct eth_hdr *eth = frame;
	const struct tcp_hdr *tcp;
	uint8_t proto;

	if (len < IPV4_AT + IP_HLEN + UDP_HLEN)
		return false;
	h->ipv6 = eth->type == PP_HTONS(ETHTYPE_IPV6);
	h->tcp_at = IPV4_AT + (h->ipv6 ? IP6_HLEN : IP_HLEN);
	proto = protocol(eth, h->ipv6);
	h->udp = proto == IP_PROTO_UDP;
	h->len = h->tcp_at + UDP_HLEN;
	if (h->udp)
		return h->len <= len;
	if (proto != IP_PROTO_TCP || len < h->tcp_at + TCP_HLEN)
		return false;
	tcp = (const void *)((const char *)frame + h->tcp_at);
	h->len = h->tcp_at + TCPH_HDRLEN_BYTES(tcp);
	return h->len >= h->tcp_at + TCP_HLEN && h->len <= len;
}

/* 16-bit words in the order of the bytes, with the carries added in. */
static u32_t fold(u32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return (sum >> 16) + (sum & 0xffff);
}

/* Addresses, protocol and length: RFC 9293 3.1 and RFC 8200 8.1. Not inverted. */
static u32_t pseudo_header(const struct headers *h, const void *frame, size_t len)
{
	const char *ip = (const char *)frame + IPV4_AT;
	u32_t sum = h->ipv6 ? LWIP_CHKSUM(ip + 8, 32) : LWIP_CHKSUM(ip + 12, 8);

	return fold(sum + lwip_htons((u16_t)len) +
		    (h->udp ? PP_HTONS(IP_PROTO_UDP) : PP_HTONS(IP_PROTO_TCP)));
}

void headers_finish(const struct headers *h, void *frame, size_t data)
{
	size_t tcp_len = h->len - h->tcp_at + data;
	struct ip_hdr *ip4 = (void *)((char *)frame + IPV4_AT);

	if (h->ipv6) {
		IP6H_PLEN_SET((struct ip6_hdr *)(void *)ip4, (u16_t)tcp_len);
	} else {
		IPH_LEN_SET(ip4, lwip_htons((u16_t)(IP_HLEN + tcp_len)));
		IPH_CHKSUM_SET(ip4, 0);
		IPH_CHKSUM_SET(ip4, (u16_t)~LWIP_CHKSUM(ip4, IP_HLEN));
	}
	headers_tcp(h, frame)->chksum = (u16_t)pseudo_header(h, frame, tcp_len);
}

static struct udp_hdr *headers_udp(const struct headers *h, void *frame)
{
	return (struct udp_hdr *)(void *)((char *)frame + h->tcp_at);
}

void headers_finish_udp(const struct headers *h, void *frame, size_t data)
{
	headers_udp(h, frame)->chksum = (u16_t)pseudo_header(h, frame, UDP_HLEN + data);
}

u32_t headers_sum(u32_t sum, size_t at, const void *data, size_t len)
{
	u16_t part = LWIP_CHKSUM(data, (int)len);

	/* At an odd place the bytes change sides. */
	return fold(sum + (at & 1 ? lwip_htons(part) : part));
}

void headers_checksum(const struct headers *h, void *frame, u32_t sum)
{
	u16_t checksum;

	/* The pseudo header's is in its place, and so in the sum. */
	sum += LWIP_CHKSUM((char *)frame + h->tcp_at, (int)(h->len - h->tcp_at));
	checksum = (u16_t)~fold(sum);
	if (h->udp) /* 0 is none at all there, and the sum has two ways to be 0 */
		headers_udp(h, frame)->chksum = checksum ? checksum : 0xffff;
	else
		headers_tcp(h, frame)->chksum = checksum;
}
