/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet frames: made for a test, and looked at as whoever finishes an offload must. */
#ifndef FAKE_FRAME_H
#define FAKE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_FRAME_MAX 65535u

struct fake_frame {
	uint8_t *bytes;
	size_t len;
	uint8_t gso_type; /* XEN_NETIF_GSO_TYPE_* */
	uint16_t gso_size;
	bool csum_blank, data_validated;
	unsigned slots, queue; /* of a frame that the guest sent */
};

enum { FAKE_TCP = 6, FAKE_UDP = 17 };

/*
 * IPv4 or IPv6, TCP or UDP, with so many bytes of data, which differ from frame to frame. The
 * checksum is complete, or blank: that of the pseudo header alone. A static buffer: use it, then
 * make the next.
 */
struct fake_frame fake_frame_make(bool v6, uint8_t protocol, size_t data, bool blank);

/* TCP to be cut into segments, as long as an mtu of 1500 lets them be. */
struct fake_frame fake_frame_to_cut(bool v6, size_t data);

/* The headers of such a frame, up to its data. */
size_t fake_frame_headers(bool v6, uint8_t protocol);

/* Room for a frame of len bytes in place of another, of whose bytes none are kept. */
uint8_t *fake_frame_room(struct fake_frame *old, size_t len);

bool fake_frame_v6(const struct fake_frame *frame);

/* A violation unless whoever gets the frame can do what it asks for: finish its checksum, cut it. */
void fake_frame_check(const struct fake_frame *frame, unsigned mtu);

/* Is the checksum of TCP or UDP complete and right? */
bool fake_frame_sum_good(const struct fake_frame *frame);

#endif
