/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest holds. Equal before and after anything that is over, or something leaks. */
#ifndef FAKE_HELD_H
#define FAKE_HELD_H

#include "tests/unit/unit.h"

#include "tests/unit/fake/fake.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"

struct held {
	size_t grants, parked, ports, pages, objects, threads;
};

static inline struct held held_now(void)
{
	struct gnttab_stats grants;
	struct page_stats pages;
	struct heap_stats heap;

	gnttab_stats(&grants);
	page_stats(&pages);
	heap_stats(&heap);
	/* Xen's own count and the kernel's must agree. */
	assert_int_equal(grants.in_use, fake_gnttab_granted());
	return (struct held){
		.grants = grants.in_use,
		.parked = grants.parked,
		.ports = fake_evtchn_in_use(),
		.pages = pages.in_use,
		.objects = heap.objects,
		.threads = thread_count(),
	};
}

static inline void assert_held(struct held before)
{
	const struct held after = held_now();

	assert_int_equal(after.grants, before.grants);
	assert_int_equal(after.parked, before.parked);
	assert_int_equal(after.ports, before.ports);
	assert_int_equal(after.pages, before.pages);
	assert_int_equal(after.objects, before.objects);
	assert_int_equal(after.threads, before.threads);
}

#endif
