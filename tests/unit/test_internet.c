/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the checksum of every packet, and the hash that sequence numbers stand on.
 * Why:  a checksum wrong for one length in a thousand is a connection that stalls now and then.
 * How:  the checksum against its definition, word by word, for every length up to 200, every
 *       alignment, and data that carry most; the hash against the vectors of its authors.
 */
#include <string.h>

#include "tests/unit/unit.h"
#include "unikernel/net/port/arch/checksum.h"
#include "unikernel/net/siphash.h"

static uint16_t plain_checksum(const unsigned char *data, int size)
{
	uint32_t sum = 0;

	for (int i = 0; i < size; i++)
		sum += (uint32_t)data[i] << (i % 2 * 8);
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

static void checksum_is_the_sum(void **state)
{
	unsigned char data[256];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = kind == 0   ? 0xff
				  : kind == 1 ? (unsigned char)(i * 151 + 3)
					      : (unsigned char)(i % 3 ? 0 : 0x80);
		for (int start = 0; start < 16; start++)
			for (int size = 0; size <= 200; size++)
				assert_int_equal(net_checksum(data + start, size),
						 plain_checksum(data + start, size));
	}
}

static void siphash_is_its_authors(void **state)
{
	/* Key 00 01 … 0f, message 00 01 … n-1; from the reference implementation. */
	static const struct {
		size_t size;
		uint64_t hash;
	} vectors[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31)},
		{1, UINT64_C(0x74f839c593dc67fd)},
		{8, UINT64_C(0x93f5f5799a932462)},
		{15, UINT64_C(0xa129ca6149be45e5)},
	};
	const struct siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	unsigned char message[16];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (unsigned char)i;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++)
		assert_true(siphash(&key, message, vectors[i].size) == vectors[i].hash);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(checksum_is_the_sum),
	cmocka_unit_test(siphash_is_its_authors),
};

UNIT_MAIN(tests)
