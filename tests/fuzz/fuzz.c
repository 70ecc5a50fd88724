/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/unit.h"

/*
 * The guest's memory is not malloc's, and its stacks are its own. Little of what was freed is kept
 * from use, so that it stays in the cache: a third of the time.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:"
	       "quarantine_size_mb=4:malloc_context_size=8";
}

bool unit_end_expected;

void fuzz_take(struct fuzz_input *input, void *to, size_t len)
{
	const size_t have = len < input->size ? len : input->size;

	memset(to, 0, len);
	if (have)
		memcpy(to, input->data, have);
	input->data += have;
	input->size -= have;
}

uint8_t fuzz_u8(struct fuzz_input *input)
{
	uint8_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}

uint16_t fuzz_u16(struct fuzz_input *input)
{
	uint16_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}

uint32_t fuzz_u32(struct fuzz_input *input)
{
	uint32_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}

uint64_t fuzz_u64(struct fuzz_input *input)
{
	uint64_t value;

	fuzz_take(input, &value, sizeof(value));
	return value;
}
