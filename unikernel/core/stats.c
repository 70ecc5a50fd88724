/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/stats.h"

#include "unikernel/core/console.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

extern const stats_source_t stats_sources[], stats_sources_end[]; /* image.lds */

static int memory_stats(char *buf, size_t size)
{
	struct page_stats page;
	struct heap_stats heap;

	page_stats(&page);
	heap_stats(&heap);
	return format(buf, size,
		      "pages_total %zu\npages_mapped %zu\npages_in_use %zu\npages_free_run %zu\n"
		      "heap_objects %zu\nheap_bytes %zu\nheap_pages %zu\n",
		      page.total, page.mapped, page.in_use, page.free_run, heap.objects, heap.bytes,
		      heap.pages);
}
STATS(memory_stats);

static int event_stats(char *buf, size_t size)
{
	struct evtchn_stats evtchn;

	evtchn_stats(&evtchn);
	return format(buf, size,
		      "threads %zu\nports %zu\nevents_sent %llu\nevents_handled %llu\npolls %llu\n"
		      "console_dropped %llu\ntime_ns %llu\n",
		      thread_count(), evtchn.ports, (unsigned long long)evtchn.notifies,
		      (unsigned long long)evtchn.dispatches, (unsigned long long)evtchn.polls,
		      (unsigned long long)console_dropped(),
		      (unsigned long long)time_monotonic_ns());
}
STATS(event_stats);

int stats_format(char *buf, size_t size)
{
	int length = 0;

	for (const stats_source_t *source = stats_sources; source < stats_sources_end; source++) {
		size_t used = (size_t)length < size ? (size_t)length : size;

		length += (*source)(buf + used, size - used);
	}
	return length;
}
