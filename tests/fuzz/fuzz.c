/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/unit/unit.h"

/*
 * The guest's memory is not malloc's, and its stacks are its own. Little of what was freed is kept
 * from use, so that it stays in the cache, and none given back: a third of the time.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:"
	       "quarantine_size_mb=1:malloc_context_size=1:allocator_release_to_os_interval_ms=-1";
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

#define FUZZ_NUMBER(name, type)                          \
	type name(struct fuzz_input *input)              \
	{                                                \
		type value;                              \
                                                         \
		fuzz_take(input, &value, sizeof(value)); \
		return value;                            \
	}

FUZZ_NUMBER(fuzz_u8, uint8_t)
FUZZ_NUMBER(fuzz_u16, uint16_t)
FUZZ_NUMBER(fuzz_u32, uint32_t)
FUZZ_NUMBER(fuzz_u64, uint64_t)
