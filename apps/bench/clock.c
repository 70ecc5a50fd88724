/* SPDX-License-Identifier: BSD-2-Clause */
/* clock.read: one look at the monotonic clock. */
#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

static const char *run(void *context, struct sample *sample)
{
	(void)context;
	for (unsigned int i = 0; i < sample->operations; i++)
		platform_clock_ns();
	return NULL;
}

const char *clock_read(const struct figure *figure)
{
	const struct measurement measurement = {.run = run, .batch = 100};

	return figure_measure(figure, &measurement);
}
