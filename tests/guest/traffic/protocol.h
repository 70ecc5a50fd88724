/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the guest (main.c) and its peer in dom0 (tests/guest/traffic-peer.c) say to each other. Both
 * are of the same machine, so numbers are as it has them.
 *
 * Every TCP connection begins with a struct traffic_order from the peer.
 *
 *	STREAM   both send at once, up and down bytes of the patterns seed and seed + 1, end their
 *	         direction and read the other's to its end
 *	MARK     a phase ends: the guest looks at its counters, and answers with one byte
 *	SETTLE   the guest waits until it holds what it held at the first SETTLE, and answers
 *	END      the peer has seen `up` errors; the guest tells its verdict
 *
 * A datagram begins with a struct traffic_datagram; the rest is the pattern of its seed. `count`
 * datagrams with seed + 1, seed + 2 … and `answer` bytes of data are sent back.
 */
#ifndef LODGER_TESTS_GUEST_TRAFFIC_PROTOCOL_H
#define LODGER_TESTS_GUEST_TRAFFIC_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAFFIC_PORT  7100
#define TRAFFIC_GROUP "239.1.2.3" /* that the guest joins */
#define TRAFFIC_OTHER "239.1.9.9" /* that it does not */
#define DATAGRAM_MAX  60000u
/*
 * For a stream that stands still, or is at its end on one side only. Linux's wait for its next attempt doubles
 * up to two minutes, and on a busy machine a back end is away for ten seconds and more: the attempt
 * after the next may be lost as well. What is lost for good stands still for longer.
 */
#define PATIENCE_S 300

enum traffic_kind { TRAFFIC_STREAM = 1, TRAFFIC_MARK, TRAFFIC_SETTLE, TRAFFIC_END };

/* Of MARK. The first begins, the others end what their names say. */
enum traffic_phase { PHASE_BEGIN, PHASE_TCP4, PHASE_TCP6, PHASE_UDP, PHASE_OTHER_GROUP };
#define OTHER_GROUP_FRAMES 200

struct traffic_order {
	uint32_t kind, seed, up, down, phase;
};

struct traffic_datagram {
	uint32_t seed, answer, count;
};

/* Eight bytes of a pattern: any piece of it can be told from any other, and from another seed's. */
static inline uint64_t pattern_word(uint32_t seed, uint32_t number)
{
	uint64_t x = ((uint64_t)seed << 32 | number) * 0x9e3779b97f4a7c15u;

	x ^= x >> 29;
	return x * 0xbf58476d1ce4e5b9u;
}

static inline void pattern_fill(uint32_t seed, uint32_t at, uint8_t *data, size_t len)
{
	uint64_t word = pattern_word(seed, at / 8);

	for (size_t i = 0; i < len; i++, at++) {
		if (at % 8 == 0)
			word = pattern_word(seed, at / 8);
		data[i] = (uint8_t)(word >> (at % 8 * 8));
	}
}

static inline bool pattern_is(uint32_t seed, uint32_t at, const uint8_t *data, size_t len)
{
	uint64_t word = pattern_word(seed, at / 8);

	for (size_t i = 0; i < len; i++, at++) {
		if (at % 8 == 0)
			word = pattern_word(seed, at / 8);
		if (data[i] != (uint8_t)(word >> (at % 8 * 8)))
			return false;
	}
	return true;
}

/* How much the next write takes: odd sizes, small and large. */
static inline size_t piece_size(uint32_t *state, size_t max)
{
	*state = *state * 1664525 + 1013904223;
	return 1 + (*state >> 8) % ((*state >> 4) % 4 == 0 ? 100 : max);
}

#endif
