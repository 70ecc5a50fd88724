/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum (RFC 1071): a one's complement sum of 16-bit words.
 *
 * Such a sum may be taken over words of any multiple of 16 bits and folded afterwards, and in any
 * byte order as long as it is read back in the same one.  So: 64 bits at a time, as they lie in
 * memory, with the carry of each addition added into the next.
 */
#include <string.h>

#include "unikernel/net/port/arch/checksum.h"

/* The carry of the last addition is added in at the end: no instruction in between may disturb it. */
static uint64_t block_add(uint64_t sum, const unsigned char *block)
{
	__asm__("addq (%1), %0\n\t"
		"adcq 8(%1), %0\n\t"
		"adcq 16(%1), %0\n\t"
		"adcq 24(%1), %0\n\t"
		"adcq $0, %0"
		: "+r"(sum)
		: "r"(block), "m"(*(const unsigned char(*)[32])block)
		: "cc");
	return sum;
}

static uint64_t word_add(uint64_t sum, uint64_t word)
{
	return sum + word + __builtin_add_overflow(sum, word, &(uint64_t){0});
}

uint16_t net_checksum(const void *data, int size)
{
	const unsigned char *p = data;
	uint64_t sum = 0, word;

	for (; size >= 32; size -= 32, p += 32)
		sum = block_add(sum, p);
	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		sum = word_add(sum, word);
	}
	if (size > 0) {
		word = 0;
		memcpy(&word, p, (size_t)size);
		sum = word_add(sum, word);
	}
	/* 64 bits to 32 to 16; twice each, since a fold may carry. */
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 32) + (uint32_t)sum;
	sum = (sum >> 16) + (uint16_t)sum;
	sum = (sum >> 16) + (uint16_t)sum;
	return (uint16_t)((sum >> 16) + (uint16_t)sum);
}
