/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the decoder of the xenstore protocol, fed any bytes in pieces of any size.
 * Why:  it is the first code of ours to see what another domain wrote.
 * How:  the reader must never ask for room outside of itself nor for none, and what it calls a
 *       message is split into strings, numbers and error names.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/fake/fake.h"
#include "xenbus/wire.h"

static void use(const struct wire_reader *reader)
{
	size_t at = 0, last;
	const char *string;
	uint64_t number;

	(void)wire_error(reader->payload, reader->header.len);
	do {
		last = at;
		string = wire_string(reader->payload, reader->header.len, &at);
		if (string && (at <= last || at > reader->header.len))
			fake_violation("a string from %zu to %zu of %u", last, at,
				       reader->header.len);
		if (string)
			(void)wire_number(string, &number);
	} while (string);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_reader reader;
	struct fuzz_input input = {data, size};
	const size_t step = 1 + fuzz_u8(&input);

	memset(&reader, 0, sizeof(reader));
	while (fuzz_more(&input)) {
		size_t space = 0, now = step < input.size ? step : input.size;
		char *to = wire_reader_space(&reader, &space);
		int outcome;

		if (!space || to < (char *)&reader || to + space > (char *)(&reader + 1))
			fake_violation("room for %zu bytes at %td", space, to - (char *)&reader);
		now = now < space ? now : space;
		fuzz_take(&input, to, now);
		outcome = wire_reader_advance(&reader, now);
		if (outcome < 0)
			break;
		if (outcome > 0)
			use(&reader);
	}
	return 0;
}
