/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of pages that we have. To be replaced by arch_protect() when that is there. */
#include "apps/bench/platform.h"

static const char missing[] = "the kernel cannot change the entries of several pages yet";

const char *platform_pages_map(void *pages, size_t count)
{
	(void)pages, (void)count;
	return missing;
}

const char *platform_pages_protect(void *pages, size_t count)
{
	(void)pages, (void)count;
	return missing;
}

const char *platform_pages_unmap(void *pages, size_t count)
{
	(void)pages, (void)count;
	return missing;
}

const char *platform_fault_begin(void *pages, size_t count)
{
	(void)pages, (void)count;
	return missing;
}

void platform_fault_end(void *pages, size_t count)
{
	(void)pages, (void)count;
}
