/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames that look right at first sight: what the test strangers sends to itself. */
#ifndef LODGER_TESTS_STRANGERS_FRAME_H
#define LODGER_TESTS_STRANGERS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 1514

/* What the guest has sent last: answers to it come further than shots in the dark. */
struct overheard {
	uint16_t tcp_port, tcp_peer; /* as on the wire */
	uint32_t tcp_seq, tcp_ack;
	uint8_t dhcp_xid[4];
	uint16_t dns_id, dns_port;
};

/* The guest on its interface, in both versions of IP. */
extern const uint8_t frame_mac[6], frame_ip4[4], frame_ip6[16];

/* Notes what an outgoing frame tells. */
void frame_overhear(struct overheard *heard, const uint8_t *frame, size_t size);

/* Makes a frame for the guest, most with right checksums and some bytes wrong; its size. */
size_t frame_make(uint8_t frame[static FRAME_MAX], const struct overheard *heard);

/* The same sequence in every run with the same seed; 0 is the one without. */
void frame_seed(uint64_t seed);
uint32_t frame_random(void);

#endif
