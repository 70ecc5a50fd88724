/* SPDX-License-Identifier: BSD-2-Clause */
/* memory.used, memory.total: what program and kernel hold before anything is measured. */
#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

const char *domain_memory_used(const struct figure *figure)
{
	uint64_t bytes = 0;
	const char *reason = platform_memory_used(&bytes);

	return reason ? reason : figure_value(figure, (double)bytes);
}

const char *domain_memory_total(const struct figure *figure)
{
	uint64_t bytes = 0;
	const char *reason = platform_memory_total(&bytes);

	return reason ? reason : figure_value(figure, (double)bytes);
}
