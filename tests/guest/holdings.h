/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel holds: pages, heap objects, grants, ports, threads. Taken before and after a
 * load, the two must be equal, or something leaks. The grant table is as long as the busiest moment so
 * far wanted, and does not count.
 */
#ifndef LODGER_TESTS_GUEST_HOLDINGS_H
#define LODGER_TESTS_GUEST_HOLDINGS_H

#include "tests/guest/verdict.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"

struct holdings {
	size_t pages, objects, grants, parked, ports, threads;
};

static inline struct holdings holdings(void)
{
	struct page_stats page;
	struct heap_stats heap;
	struct gnttab_stats gnttab;
	struct evtchn_stats evtchn;

	page_stats(&page);
	heap_stats(&heap);
	gnttab_stats(&gnttab);
	evtchn_stats(&evtchn);
	return (struct holdings){
		/* Pages of the heap's come and go with its objects, whose count is exact. */
		.pages = page.in_use - heap.pages - gnttab.frames,
		.objects = heap.objects - gnttab.frames,
		.grants = gnttab.in_use,
		.parked = gnttab.parked,
		.ports = evtchn.ports,
		.threads = thread_count(),
	};
}

static inline void holdings_compare(const struct holdings *before, const struct holdings *after)
{
	say("pages %zu -> %zu, objects %zu -> %zu, grants %zu -> %zu, parked %zu -> %zu, "
	    "ports %zu -> %zu, threads %zu -> %zu\n",
	    before->pages, after->pages, before->objects, after->objects, before->grants,
	    after->grants, before->parked, after->parked, before->ports, after->ports,
	    before->threads, after->threads);
	CHECK(after->pages == before->pages);
	CHECK(after->objects == before->objects);
	CHECK(after->grants == before->grants);
	CHECK(after->parked == before->parked);
	CHECK(after->ports == before->ports);
	CHECK(after->threads == before->threads);
}

#endif
