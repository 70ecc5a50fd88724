/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames: headers, checksums, and what the offloads ask of them.
 *
 *   Ethernet 14 | IPv4 20 or IPv6 40 | TCP 20 or UDP 8 | data
 *
 * A blank checksum is not empty: it holds the sum of the pseudo header, so that whoever finishes it
 * only has to sum up from TCP's or UDP's header on.
 */
#include "tests/unit/fake/frame.h"

#include "tests/unit/fake/fake.h"

#include <stdlib.h>
#include <string.h>

#include <xen/io/netif.h>

#define ETHERNET 14u

/* Where things are in a frame. */
struct layout {
	bool v6;
	uint8_t protocol;
	size_t ip, transport, length; /* length: of the transport header and its data */
	size_t sum;		      /* where TCP or UDP have their checksum */
};

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static unsigned get16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static uint32_t pseudo_sum(const uint8_t *frame, const struct layout *at)
{
	const uint8_t tail[4] = {0, at->protocol, (uint8_t)(at->length >> 8), (uint8_t)at->length};
	const uint32_t sum =
		at->v6 ? add(0, frame + at->ip + 8, 32) : add(0, frame + at->ip + 12, 8);

	return add(sum, tail, sizeof(tail));
}

static const char *layout_find(const struct fake_frame *frame, struct layout *at)
{
	const uint8_t *bytes = frame->bytes;
	size_t end;

	*at = (struct layout){.ip = ETHERNET};
	if (frame->len < ETHERNET + 20)
		return "too short";
	if (get16(bytes + 12) == 0x0800) {
		at->transport = at->ip + (bytes[at->ip] & 15u) * 4;
		end = at->ip + get16(bytes + at->ip + 2);
		at->protocol = bytes[at->ip + 9];
		if (bytes[at->ip] >> 4 != 4 || at->transport < at->ip + 20 || end > frame->len)
			return "no IPv4 header";
		if (get16(bytes + at->ip + 6) & 0x3fff)
			return "a fragment";
		if (add(0, bytes + at->ip, at->transport - at->ip) != 0xffff)
			return "IPv4's own checksum is wrong";
	} else if (get16(bytes + 12) == 0x86dd && frame->len >= ETHERNET + 40) {
		at->v6 = true;
		at->transport = at->ip + 40;
		end = at->transport + get16(bytes + at->ip + 4);
		at->protocol = bytes[at->ip + 6];
		if (bytes[at->ip] >> 4 != 6 || end > frame->len)
			return "no IPv6 header";
	} else {
		return "neither IPv4 nor IPv6";
	}
	if (at->protocol != FAKE_TCP && at->protocol != FAKE_UDP)
		return "neither TCP nor UDP";
	if (end < at->transport + (at->protocol == FAKE_TCP ? 20 : 8))
		return "no room for TCP or UDP";
	at->length = end - at->transport;
	at->sum = at->transport + (at->protocol == FAKE_TCP ? 16 : 6);
	return NULL;
}

uint8_t *fake_frame_room(struct fake_frame *old, size_t len)
{
	free(old->bytes);
	return malloc(len + 1);
}

bool fake_frame_v6(const struct fake_frame *frame)
{
	return frame->len >= ETHERNET && get16(frame->bytes + 12) == 0x86dd;
}

bool fake_frame_sum_good(const struct fake_frame *frame)
{
	struct layout at;

	return !layout_find(frame, &at) &&
	       add(pseudo_sum(frame->bytes, &at), frame->bytes + at.transport, at.length) == 0xffff;
}

static void gso_check(const struct fake_frame *frame, unsigned mtu)
{
	struct layout at;
	const char *wrong = layout_find(frame, &at);
	size_t header;

	if (wrong)
		fake_violation("a frame to be cut: %s", wrong);
	if (frame->gso_type != (at.v6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4) ||
	    at.protocol != FAKE_TCP)
		fake_violation("a frame to be cut as type %u, which it is not", frame->gso_type);
	header = (frame->bytes[at.transport + 12] >> 4) * 4u;
	if (header < 20 || header > at.length || at.transport + at.length != frame->len)
		fake_violation("a frame to be cut: its lengths do not fit");
	/* Linux' segmentation refuses what is one segment already. */
	if (!frame->gso_size || at.length - header <= frame->gso_size)
		fake_violation("%zu bytes to be cut by %u", at.length - header, frame->gso_size);
	if (at.transport - ETHERNET + header + frame->gso_size > mtu)
		fake_violation("segments of %u bytes do not fit an mtu of %u", frame->gso_size,
			       mtu);
}

void fake_frame_check(const struct fake_frame *frame, unsigned mtu)
{
	struct layout at;
	const char *wrong;

	if (frame->len < ETHERNET)
		fake_violation("a frame of %zu bytes", frame->len);
	if (frame->gso_type != XEN_NETIF_GSO_TYPE_NONE)
		gso_check(frame, mtu);
	else if (frame->len > ETHERNET + mtu)
		fake_violation("a frame of %zu bytes with an mtu of %u", frame->len, mtu);
	if (!frame->csum_blank)
		return;
	wrong = layout_find(frame, &at);
	if (wrong)
		fake_violation("a checksum to be finished: %s", wrong);
	if (get16(frame->bytes + at.sum) != pseudo_sum(frame->bytes, &at))
		fake_violation("a blank checksum of %#x, its pseudo header's is %#x",
			       get16(frame->bytes + at.sum), pseudo_sum(frame->bytes, &at));
}

size_t fake_frame_headers(bool v6, uint8_t protocol)
{
	return ETHERNET + (v6 ? 40 : 20) + (protocol == FAKE_TCP ? 20 : 8);
}

static void ip_header(uint8_t *ip, bool v6, uint8_t protocol, size_t length)
{
	if (v6) {
		ip[0] = 6 << 4;
		put16(ip + 4, length);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
		memcpy(ip + 24, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		return;
	}
	ip[0] = 4 << 4 | 5;
	put16(ip + 2, 20 + length);
	ip[6] = 0x40; /* may not be cut by IP */
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, "\x0a\0\0\2\x0a\0\0\1", 8);
	put16(ip + 10, ~add(0, ip, 20));
}

struct fake_frame fake_frame_make(bool v6, uint8_t protocol, size_t data, bool blank)
{
	static uint8_t bytes[FAKE_FRAME_MAX];
	static uint32_t count;
	struct layout at = {.v6 = v6,
			    .protocol = protocol,
			    .ip = ETHERNET,
			    .transport = ETHERNET + (v6 ? 40 : 20)};
	const size_t headers = fake_frame_headers(v6, protocol);
	uint8_t *transport = bytes + at.transport;
	uint32_t sum;

	if (headers + data > sizeof(bytes))
		fake_violation("a test makes a frame of %zu bytes", headers + data);
	at.length = headers - at.transport + data;
	at.sum = at.transport + (protocol == FAKE_TCP ? 16 : 6);
	memset(bytes, 0, headers);
	memcpy(bytes, "\x00\x16\x3e\x00\x00\x01\x02\0\0\0\0\2", 12);
	put16(bytes + 12, v6 ? 0x86dd : 0x0800);
	ip_header(bytes + at.ip, v6, protocol, at.length);
	put16(transport, 4000);
	put16(transport + 2, 80);
	if (protocol == FAKE_TCP) {
		put16(transport + 6, count);
		transport[12] = 5 << 4;
		transport[13] = 0x10;
		put16(transport + 14, 8192);
	} else {
		put16(transport + 4, at.length);
	}
	count++;
	for (size_t i = 0; i < data; i++)
		bytes[headers + i] = (uint8_t)(i * 7 + i / 251 + count * 13);
	sum = pseudo_sum(bytes, &at);
	if (!blank)
		sum = ~add(sum, transport, at.length) & 0xffff;
	/* In UDP no checksum at all is written as 0. */
	put16(bytes + at.sum, sum || blank ? sum : 0xffff);
	return (struct fake_frame){.bytes = bytes,
				   .len = headers + data,
				   .csum_blank = blank,
				   .data_validated = blank};
}

struct fake_frame fake_frame_to_cut(bool v6, size_t data)
{
	struct fake_frame frame = fake_frame_make(v6, FAKE_TCP, data, true);

	frame.gso_type = v6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
	frame.gso_size = v6 ? 1440 : 1460;
	return frame;
}
