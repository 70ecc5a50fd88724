/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: xenbus/wire.c, the xenstore protocol as functions over buffers.
 * Why:  every byte that it decodes comes from another domain; it must take any of them.
 * How:  messages made by hand, cut at every possible place, with every wrong length, and random
 *       bytes; the reader's space must never lie outside of the reader.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "xenbus/wire.h"

static const struct wire_part hello[] = {{"data/x", 7}, {"hello", 5}};

static int feed(struct wire_reader *reader, const void *bytes, size_t len, size_t step)
{
	const char *from = bytes;
	int outcome = 0;

	while (len && outcome == 0) {
		size_t space = 0;
		char *to = wire_reader_space(reader, &space);
		size_t now = step < len ? step : len;

		assert_true(space > 0);
		assert_true(to >= (char *)reader && to + space <= (char *)(reader + 1));
		if (now > space)
			now = space;
		memcpy(to, from, now);
		from += now;
		len -= now;
		outcome = wire_reader_advance(reader, now);
	}
	/* All of it was wanted unless it ended early with an error. */
	if (outcome >= 0)
		assert_int_equal(len, 0);
	return outcome;
}

static void encodes_header_and_parts(void **state)
{
	char message[64];
	struct xsd_sockmsg header = {.type = XS_WRITE, .req_id = 7, .tx_id = 9};

	(void)state;
	assert_int_equal(wire_encode(message, sizeof(message), &header, hello, 2), 16 + 12);
	assert_int_equal(header.len, 12);
	assert_memory_equal(message, &header, 16);
	assert_memory_equal(message + 16, "data/x\0hello", 12);
}

static void measures_without_a_buffer(void **state)
{
	struct xsd_sockmsg header = {0};

	(void)state;
	assert_int_equal(wire_encode(NULL, 0, &header, hello, 2), 28);
}

static void refuses_what_does_not_fit(void **state)
{
	static char big[XENSTORE_PAYLOAD_MAX + 1];
	static char message[WIRE_MESSAGE_MAX];
	struct xsd_sockmsg header = {0};
	struct wire_part part[2] = {{big, XENSTORE_PAYLOAD_MAX}, {big, 1}};

	(void)state;
	assert_int_equal(wire_encode(message, sizeof(message), &header, part, 1),
			 (int)WIRE_MESSAGE_MAX);
	assert_int_equal(wire_encode(message, sizeof(message), &header, part, 2), -E2BIG);
	part[0].len = SIZE_MAX;
	assert_int_equal(wire_encode(message, sizeof(message), &header, part, 2), -E2BIG);
	assert_int_equal(wire_encode(message, 27, &header, hello, 2), -E2BIG);
}

static void reads_a_message_in_pieces_of_any_size(void **state)
{
	char message[64];
	struct xsd_sockmsg header = {.type = XS_READ, .req_id = 3};
	int len = wire_encode(message, sizeof(message), &header, hello, 2);

	(void)state;
	for (size_t step = 1; step <= (size_t)len; step++) {
		struct wire_reader reader;

		/* The reader is used twice: it must begin anew by itself. Dirty memory but for that. */
		memset(&reader, 0xee, sizeof(reader));
		reader.have = 0;
		reader.complete = false;
		for (int again = 0; again < 2; again++) {
			assert_int_equal(feed(&reader, message, (size_t)len, step), 1);
			assert_int_equal(reader.header.req_id, 3);
			assert_int_equal(reader.header.len, 12);
			assert_memory_equal(reader.payload, "data/x\0hello\0", 13);
		}
	}
}

static void reads_an_empty_payload(void **state)
{
	static struct wire_reader reader;
	const struct xsd_sockmsg header = {.type = XS_READ};

	(void)state;
	assert_int_equal(feed(&reader, &header, sizeof(header), 16), 1);
	assert_int_equal(reader.payload[0], '\0');
}

static void reads_the_longest_payload(void **state)
{
	static struct wire_reader reader;
	static char message[WIRE_MESSAGE_MAX];
	const struct xsd_sockmsg header = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX};

	(void)state;
	memset(message, 'x', sizeof(message));
	memcpy(message, &header, sizeof(header));
	assert_int_equal(feed(&reader, message, sizeof(message), 100), 1);
	assert_int_equal(strlen(reader.payload), XENSTORE_PAYLOAD_MAX);
}

static void refuses_impossible_headers(void **state)
{
	static const struct xsd_sockmsg bad[] = {
		{.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1},
		{.type = XS_READ, .len = UINT32_MAX},
		{.type = XS_READ, .len = 0x80000000},
		{.type = XS_TYPE_COUNT},
		{.type = XS_INVALID},
		{.type = UINT32_MAX},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		static struct wire_reader reader;

		memset(&reader, 0, sizeof(reader));
		assert_int_equal(feed(&reader, &bad[i], sizeof(bad[i]), 5), -EPROTO);
	}
}

static void survives_random_bytes(void **state)
{
	static struct wire_reader reader;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint32_t junk[8];

		for (size_t i = 0; i < ARRAY_SIZE(junk); i++)
			junk[i] = unit_random() & (round % 2 ? 0x7f : 0xffffffff);
		for (size_t fed = 0; fed < sizeof(junk);) {
			size_t space = 0;
			char *to = wire_reader_space(&reader, &space);
			const size_t now = space < sizeof(junk) - fed ? space : sizeof(junk) - fed;

			assert_true(space > 0);
			memcpy(to, (char *)junk + fed, now);
			fed += now;
			if (wire_reader_advance(&reader, now) < 0) {
				memset(&reader, 0, sizeof(reader));
				break;
			}
		}
	}
}

static void names_errors(void **state)
{
	(void)state;
	assert_int_equal(wire_error("ENOENT", 7), -ENOENT);
	assert_int_equal(wire_error("EAGAIN", 7), -EAGAIN);
	assert_int_equal(wire_error("EACCES", 7), -EACCES);
	assert_int_equal(wire_error("EXTRAORDINARY", 14), -EIO);
	assert_int_equal(wire_error("", 1), -EIO);
	assert_int_equal(wire_error("", 0), -EIO);
	/* Without its NUL it is no name. */
	assert_int_equal(wire_error("ENOENT", 6), -EIO);
}

static void splits_strings(void **state)
{
	static const char list[] = {'a', 0, 0, 'b', 'c', 0, 'd'};
	size_t at = 0;

	(void)state;
	assert_string_equal(wire_string(list, sizeof(list), &at), "a");
	assert_string_equal(wire_string(list, sizeof(list), &at), "");
	assert_string_equal(wire_string(list, sizeof(list), &at), "bc");
	assert_null(wire_string(list, sizeof(list), &at));
	assert_null(wire_string(list, 0, &at));
}

static void reads_numbers_strictly(void **state)
{
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "0x10",
					  "01",
					  "00",
					  "1.0",
					  "18446744073709551616",
					  "99999999999999999999999"};
	uint64_t value = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_false(wire_number(bad[i], &value));
		assert_int_equal(value, 42);
	}
	assert_true(wire_number("0", &value));
	assert_int_equal(value, 0);
	assert_true(wire_number("18446744073709551615", &value));
	assert_true(value == UINT64_MAX);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(encodes_header_and_parts),
	cmocka_unit_test(measures_without_a_buffer),
	cmocka_unit_test(refuses_what_does_not_fit),
	cmocka_unit_test(reads_a_message_in_pieces_of_any_size),
	cmocka_unit_test(reads_an_empty_payload),
	cmocka_unit_test(reads_the_longest_payload),
	cmocka_unit_test(refuses_impossible_headers),
	cmocka_unit_test(survives_random_bytes),
	cmocka_unit_test(names_errors),
	cmocka_unit_test(splits_strings),
	cmocka_unit_test(reads_numbers_strictly),
};

UNIT_MAIN(tests)
