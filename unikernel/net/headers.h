/* SPDX-License-Identifier: BSD-2-Clause */
/* The headers of TCP or UDP in an Ethernet frame of lwIP's making, found and finished. */
#ifndef LODGER_NET_HEADERS_H
#define LODGER_NET_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include <lwip/pbuf.h>
#include <lwip/prot/tcp.h>

#define HEADERS_MAX (14 + 40 + 60) /* Ethernet, IPv6 without extensions, TCP with options */

struct headers {
	bool ipv6, udp;
	size_t tcp_at; /* from the frame's beginning; or UDP's */
	size_t len;    /* of all of them */
};

/*
 * False: it is neither TCP nor UDP, or has IP options or is a fragment. frame: len bytes that can be
 * read.
 */
bool headers_find(struct headers *h, const void *frame, size_t len);

static inline struct tcp_hdr *headers_tcp(const struct headers *h, void *frame)
{
	return (struct tcp_hdr *)(void *)((char *)frame + h->tcp_at);
}

/*
 * Makes the headers those of a segment with so many bytes of data, with the checksum of the pseudo
 * header in place of TCP's, which says: to be finished by whoever puts it on the wire.
 */
void headers_finish(const struct headers *h, void *frame, size_t data);

/* The same for a datagram, whose lengths are right already. */
void headers_finish_udp(const struct headers *h, void *frame, size_t data);

/* Adds data to a sum of what follows the headers: `at` bytes were added before. */
u32_t headers_sum(u32_t sum, size_t at, const void *data, size_t len);
/* The checksum whole, in headers that are finished, with the sum of the data. */
void headers_checksum(const struct headers *h, void *frame, u32_t sum);

#endif
