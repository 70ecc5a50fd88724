/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages, and how many of them the domain has. */
#include "apps/bench/platform.h"

#include <string.h>

#include "hypercall/hypercall.h"
#include "unikernel/core/page.h"

const char *platform_memory_total(uint64_t *bytes)
{
	const long pages = hypercall_memory_current_reservation();

	if (pages <= 0)
		return "Xen refuses XENMEM_current_reservation";
	*bytes = (uint64_t)pages * PAGE_SIZE;
	return NULL;
}

/* All that is not free: image, tables and stacks as well as what was allocated. */
const char *platform_memory_used(uint64_t *bytes)
{
	const char *reason = platform_memory_total(bytes);
	struct page_stats stats;

	page_stats(&stats);
	if (!reason)
		*bytes -= (stats.total - stats.in_use) * PAGE_SIZE;
	return reason;
}

void *platform_pages_alloc(size_t count)
{
	void *pages = pages_alloc(count);

	if (pages)
		memset(pages, 0, count * PAGE_SIZE);
	return pages;
}

void platform_pages_free(void *pages, size_t count)
{
	pages_free(pages, count);
}
