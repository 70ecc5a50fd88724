/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake/held.h"

#include "tests/unit/fake/fake.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"

struct held held_now(void)
{
	struct gnttab_stats grants;
	struct page_stats pages;
	struct heap_stats heap;

	gnttab_stats(&grants);
	page_stats(&pages);
	heap_stats(&heap);
	if (grants.in_use != fake_gnttab_granted())
		fake_violation("the kernel counts %zu grants, Xen %u", grants.in_use,
			       fake_gnttab_granted());
	return (struct held){
		.grants = grants.in_use,
		.parked = grants.parked,
		.ports = fake_evtchn_in_use(),
		/* What the heap keeps for objects to come is not lost. */
		.pages = pages.in_use - heap.pages,
		.objects = heap.objects,
		.threads = thread_count(),
	};
}

static void same(const char *what, size_t before, size_t after)
{
	if (before != after)
		fake_violation("%s: %zu before, %zu after", what, before, after);
}

void assert_same_held(struct held before, struct held after)
{
	same("grants", before.grants, after.grants);
	same("parked grants", before.parked, after.parked);
	same("ports", before.ports, after.ports);
	same("pages", before.pages, after.pages);
	same("heap objects", before.objects, after.objects);
	same("threads", before.threads, after.threads);
}

void assert_held(struct held before)
{
	assert_same_held(before, held_now());
}
