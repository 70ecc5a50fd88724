/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "tests/guest/strangers/frame.h"
#include "unikernel/net/port/arch/checksum.h"

#define ETH 14
#define IP4 20
#define IP6 40

enum protocol { ICMP = 1, TCP = 6, UDP = 17, FRAGMENT = 44, ICMP6 = 58 };

const uint8_t frame_mac[6] = {0x00, 0x16, 0x3e, 1, 2, 3};
const uint8_t frame_ip4[4] = {10, 1, 0, 2};
const uint8_t frame_ip6[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x16, 0x3e, 0xff, 0xfe, 1, 2, 3};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer_ip4[4] = {10, 1, 0, 1};
static const uint8_t peer_ip6[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

static uint64_t state = 0x9e3779b97f4a7c15;

void frame_seed(uint64_t seed)
{
	state ^= seed;
}

uint32_t frame_random(void)
{
	/* xorshift64*, Vigna 2016. */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1d >> 32);
}

static uint32_t below(uint32_t bound)
{
	return frame_random() % bound;
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void noise(uint8_t *p, size_t size)
{
	while (size-- > 0)
		*p++ = (uint8_t)frame_random();
}

void frame_overhear(struct overheard *heard, const uint8_t *frame, size_t size)
{
	bool six = size > ETH && get16(frame + 12) == 0x86dd;
	size_t header = six ? IP6 : IP4;
	const uint8_t *l4 = frame + ETH + header;
	uint8_t protocol;

	if (size < ETH + header + 20)
		return;
	protocol = six ? frame[ETH + 6] : frame[ETH + 9];
	if (protocol == TCP) {
		heard->tcp_port = get16(l4);
		heard->tcp_peer = get16(l4 + 2);
		heard->tcp_seq = get32(l4 + 4);
		heard->tcp_ack = get32(l4 + 8);
	} else if (protocol == UDP && get16(l4 + 2) == 67) {
		memcpy(heard->dhcp_xid, l4 + 8 + 4, 4);
	} else if (protocol == UDP && get16(l4 + 2) == 53) {
		heard->dns_port = get16(l4);
		heard->dns_id = get16(l4 + 8);
	}
}

static size_t tcp_make(uint8_t *p, const struct overheard *heard)
{
	static const uint8_t flags[] = {0x02, 0x10, 0x18, 0x11, 0x04, 0x14, 0x12, 0x29, 0x00, 0x38};
	size_t options = below(4) ? 0 : 4 * below(11), data = below(3) ? 0 : below(1200);
	bool known = heard->tcp_port != 0 && below(4) != 0;

	put16(p, known ? heard->tcp_peer : 1024 + below(64));
	put16(p + 2, known ? heard->tcp_port : 80);
	put32(p + 4,
	      known ? heard->tcp_ack + (below(3) ? 0 : below(70000) - 35000) : frame_random());
	put32(p + 8, known ? heard->tcp_seq + below(3) : frame_random());
	p[12] = (uint8_t)((5 + options / 4) << 4);
	p[13] = flags[below(sizeof(flags))];
	put16(p + 14, below(4) ? 65535 : below(3));
	put32(p + 16, below(8) ? 0 : frame_random());
	noise(p + 20, options);
	if (options >= 4 && below(2))
		memcpy(p + 20, "\x02\x04\x05\xb4", 4);
	noise(p + 20 + options, data);
	return 20 + options + data;
}

static size_t dhcp_make(uint8_t *p, const struct overheard *heard)
{
	size_t options = 8 + below(300);

	memset(p, 0, 240);
	memcpy(p, "\x02\x01\x06", 3);
	memcpy(p + 4, heard->dhcp_xid, 4);
	memcpy(p + 16, "\x0a\x01\x00\x05", 4);
	memcpy(p + 28, frame_mac, 6);
	memcpy(p + 236, "\x63\x82\x53\x63", 4);
	noise(p + 240, options);
	memcpy(p + 240, "\x35\x01", 2);
	p[242] = (uint8_t)(2 + below(5));
	if (below(2))
		memcpy(p + 243,
		       "\x36\x04\x0a\x01\x00\x01\x33\x04\x00\x00\x0e\x10\x01\x04\xff\xff\xff\x00"
		       "\xff",
		       19);
	return 240 + (options < 22 ? 22 : options);
}

static size_t dns_make(uint8_t *p, const struct overheard *heard)
{
	static const char question[] = "\x05guest\x07example\x00\x00\x01\x00\x01";
	size_t rest = below(200);

	put16(p, heard->dns_id);
	memcpy(p + 2, "\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 10);
	memcpy(p + 12, question, sizeof(question) - 1);
	noise(p + 12 + sizeof(question) - 1, rest);
	if (below(2))
		memcpy(p + 12 + sizeof(question) - 1,
		       "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04", 12);
	return 12 + sizeof(question) - 1 + (rest < 16 ? 16 : rest);
}

static size_t udp_make(uint8_t *p, const struct overheard *heard)
{
	size_t data;

	switch (below(3)) {
	case 0:
		put16(p, 67);
		put16(p + 2, 68);
		data = dhcp_make(p + 8, heard);
		break;
	case 1:
		put16(p, 53);
		put16(p + 2, heard->dns_port);
		data = dns_make(p + 8, heard);
		break;
	default:
		put16(p, below(65536));
		put16(p + 2, below(2) ? 9 : below(65536));
		data = below(600);
		noise(p + 8, data);
	}
	put16(p + 4, (uint32_t)(8 + data));
	put16(p + 6, 0);
	return 8 + data;
}

/* Neighbour and router discovery, echo, multicast listeners; options of all kinds and lengths. */
static size_t icmp6_make(uint8_t *p)
{
	static const uint8_t types[] = {134, 134, 135, 136, 137, 128, 1, 2, 3, 130, 131, 132};
	size_t size = 24 + 8 * below(12), at;

	noise(p, size);
	p[0] = types[below(sizeof(types))];
	p[1] = 0;
	if (p[0] == 135 || p[0] == 136)
		memcpy(p + 8, below(2) ? frame_ip6 : peer_ip6, 16);
	for (at = p[0] == 134 ? 16 : 24; at + 2 <= size; at += 8u * (p[at + 1] ? p[at + 1] : 1)) {
		p[at] = (uint8_t)(below(4) ? 1 + below(5) : 25);
		p[at + 1] = (uint8_t)(below(16) ? 1 + below(4) : below(3) * 100);
	}
	return size;
}

static size_t icmp4_make(uint8_t *p)
{
	size_t size = 8 + below(900);

	noise(p, size);
	p[0] = (uint8_t)(below(2) ? 8 : below(20));
	p[1] = (uint8_t)below(3);
	return size;
}

static size_t payload_make(uint8_t *p, enum protocol protocol, const struct overheard *heard)
{
	switch (protocol) {
	case TCP:
		return tcp_make(p, heard);
	case UDP:
		return udp_make(p, heard);
	case ICMP6:
		return icmp6_make(p);
	default:
		return icmp4_make(p);
	}
}

/* The sum over the payload and, but for ICMPv4, over the ends, length and protocol. */
static void payload_sum(uint8_t *p, size_t size, enum protocol protocol, const uint8_t *ends,
			size_t ends_size)
{
	static uint8_t all[FRAME_MAX + 40];
	size_t at = protocol == TCP ? 16 : protocol == UDP ? 6 : 2;
	uint16_t sum;

	memset(p + at, 0, 2);
	memcpy(all, ends, ends_size);
	put16(all + ends_size, (uint32_t)size);
	put16(all + ends_size + 2, protocol);
	if (protocol == ICMP)
		ends_size = 0;
	else
		ends_size += 4;
	memcpy(all + ends_size, p, size);
	sum = (uint16_t)~net_checksum(all, (int)(ends_size + size));
	memcpy(p + at, &sum, 2);
}

static void spoil(uint8_t *p, size_t size)
{
	for (uint32_t count = below(3) ? below(4) : 0; count > 0; count--)
		p[below((uint32_t)size)] = (uint8_t)frame_random();
}

static size_t ip4_make(uint8_t *p, const struct overheard *heard)
{
	static const enum protocol protocols[] = {TCP, TCP, TCP, UDP, UDP, ICMP};
	enum protocol protocol = protocols[below(6)];
	size_t options = below(8) ? 0 : 4 * below(11), header = IP4 + options;
	size_t size = payload_make(p + header, protocol, heard);
	uint16_t sum;

	spoil(p + header, size);
	noise(p + IP4, options);
	memset(p, 0, 12);
	p[0] = (uint8_t)(0x40 | header / 4);
	put16(p + 2, (uint32_t)(header + size));
	put16(p + 4, below(8));
	if (below(8) == 0)
		put16(p + 6, below(2) << 13 | below(200));
	p[8] = 64;
	p[9] = (uint8_t)protocol;
	memcpy(p + 12, peer_ip4, 4);
	memcpy(p + 16, frame_ip4, 4);
	if (protocol == UDP && below(2))
		memset(p + 16, 0xff, 4);
	payload_sum(p + header, size, protocol, p + 12, 8);
	if (below(8) == 0)
		spoil(p, header);
	put16(p + 10, 0);
	sum = (uint16_t)~net_checksum(p, (int)header);
	memcpy(p + 10, &sum, 2);
	return header + size;
}

static size_t ip6_make(uint8_t *p, const struct overheard *heard)
{
	static const enum protocol protocols[] = {TCP, UDP, ICMP6, ICMP6};
	enum protocol protocol = protocols[below(4)];
	size_t extension = below(4) ? 0 : 8;
	size_t size = payload_make(p + IP6 + extension, protocol, heard);

	memset(p, 0, IP6);
	p[0] = 0x60;
	p[6] = (uint8_t)protocol;
	p[7] = 255;
	memcpy(p + 8, peer_ip6, 16);
	memcpy(p + 24, frame_ip6, 16);
	if (protocol == ICMP6 && below(2))
		memcpy(p + 24, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	spoil(p + IP6 + extension, size);
	payload_sum(p + IP6 + extension, size, protocol, p + 8, 32);
	if (extension) {
		/* A fragment, or a header of options with whatever in it. */
		noise(p + IP6, 8);
		p[IP6] = p[6];
		p[6] = (uint8_t)(below(2) ? FRAGMENT : below(2) ? 0 : 60);
		if (p[6] == FRAGMENT)
			put32(p + IP6 + 4, below(4));
		else
			p[IP6 + 1] = (uint8_t)(below(4) ? 0 : below(200));
	}
	put16(p + 4, (uint32_t)(extension + size));
	if (below(16) == 0)
		spoil(p, IP6);
	return IP6 + extension + size;
}

static size_t arp_make(uint8_t *p)
{
	memcpy(p, "\x00\x01\x08\x00\x06\x04\x00", 7);
	p[7] = (uint8_t)(1 + below(2));
	memcpy(p + 8, peer_mac, 6);
	memcpy(p + 14, peer_ip4, 4);
	p[17] = (uint8_t)below(256);
	memcpy(p + 18, frame_mac, 6);
	memcpy(p + 24, frame_ip4, 4);
	spoil(p, 28);
	return 28;
}

size_t frame_make(uint8_t frame[static FRAME_MAX], const struct overheard *heard)
{
	uint32_t kind = below(16);
	size_t size;

	memcpy(frame, frame_mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	if (kind == 0) {
		put16(frame + 12, 0x0806);
		size = arp_make(frame + ETH);
	} else if (kind < 9) {
		put16(frame + 12, 0x0800);
		size = ip4_make(frame + ETH, heard);
	} else if (kind < 15) {
		put16(frame + 12, 0x86dd);
		size = ip6_make(frame + ETH, heard);
	} else {
		size = below(200);
		noise(frame + 12, size + 2);
	}
	size += ETH;
	/* Some end too early, wherever that is. */
	return below(16) ? size : below((uint32_t)size + 1);
}
