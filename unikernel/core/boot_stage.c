/* SPDX-License-Identifier: BSD-2-Clause */
/* When the stages of the start were reached. */
#include "unikernel/core/boot.h"

#include "unikernel/core/format.h"
#include "unikernel/core/time.h"

#define STAGES_MAX 16

static struct {
	const char *name;
	uint64_t at_ns;
} stages[STAGES_MAX];
static unsigned int reached;

void boot_stage_at(const char *name, uint64_t at_ns)
{
	if (reached == STAGES_MAX)
		return;
	stages[reached].name = name;
	stages[reached++].at_ns = at_ns;
}

void boot_stage(const char *name)
{
	boot_stage_at(name, time_monotonic_ns());
}

void boot_stages_format(char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < reached && used < size; i++)
		used += (size_t)format(buf + used, size - used, "%s%s=%llu", i ? " " : "",
				       stages[i].name, (unsigned long long)stages[i].at_ns);
}
