/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.*: bytes a second through a buffer that is larger than the caches one should expect, and
 * small enough for a small guest. Reading and writing are loops of our own, the same instructions
 * everywhere; copying is memcpy(), which is the platform's.
 */
#include <string.h>

#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

#define BUFFER_BYTES ((size_t)4 << 20)
#define WORDS	     (BUFFER_BYTES / sizeof(uint64_t))

static const char *read_all(void *context, struct sample *sample)
{
	const uint64_t *word = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		uint64_t sum = 0;

		for (size_t w = 0; w < WORDS; w += 8)
			sum += word[w] + word[w + 1] + word[w + 2] + word[w + 3] + word[w + 4] +
			       word[w + 5] + word[w + 6] + word[w + 7];
		__asm__ volatile("" : : "r"(sum));
	}
	return NULL;
}

static const char *write_all(void *context, struct sample *sample)
{
	uint64_t *word = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		for (size_t w = 0; w < WORDS; w += 8) {
			word[w] = word[w + 1] = word[w + 2] = word[w + 3] = w;
			word[w + 4] = word[w + 5] = word[w + 6] = word[w + 7] = w;
			__asm__ volatile("" : : : "memory"); /* no memset() of it */
		}
	return NULL;
}

static const char *copy_half(void *context, struct sample *sample)
{
	unsigned char *half = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		memcpy(half + BUFFER_BYTES / 2, half, BUFFER_BYTES / 2);
		__asm__ volatile("" : : : "memory");
	}
	return NULL;
}

static const char *through(const struct figure *figure,
			   const char *(*run)(void *context, struct sample *sample), size_t bytes)
{
	void *buffer = platform_pages_alloc(BUFFER_BYTES / PLATFORM_PAGE);
	const struct measurement measurement = {
		.run = run,
		.context = buffer,
		.batch = 1,
		.bytes = bytes,
		.divide = 5,
	};
	const char *reason;

	if (!buffer)
		return "there is no memory for the buffer";
	reason = figure_measure(figure, &measurement);
	platform_pages_free(buffer, BUFFER_BYTES / PLATFORM_PAGE);
	return reason;
}

const char *memory_read(const struct figure *figure)
{
	return through(figure, read_all, BUFFER_BYTES);
}

const char *memory_write(const struct figure *figure)
{
	return through(figure, write_all, BUFFER_BYTES);
}

const char *memory_copy(const struct figure *figure)
{
	return through(figure, copy_half, BUFFER_BYTES / 2);
}
