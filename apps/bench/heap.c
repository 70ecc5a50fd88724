/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc.*: malloc() and free() of one object, nothing written to it, while another of its size
 * lives: the last of a kind may cost an allocator its bookkeeping, and is seldom the case.
 */
#include <stdlib.h>

#include "apps/bench/figure.h"

static const char *run(void *context, struct sample *sample)
{
	const size_t size = *(const unsigned int *)context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		void *object = malloc(size);

		if (!object)
			return "there is no memory for the object";
		__asm__ volatile("" : "+r"(object)); /* or the compiler leaves out both */
		free(object);
	}
	return NULL;
}

const char *heap_pair(const struct figure *figure)
{
	unsigned int size = figure->parameter;
	const struct measurement measurement = {.run = run, .context = &size, .batch = 100};
	void *other = malloc(size);
	const char *reason;

	__asm__ volatile("" : "+r"(other));
	reason = figure_measure(figure, &measurement);
	free(other);
	return reason;
}
