/* SPDX-License-Identifier: BSD-2-Clause */
/* The figures: one table of all of them, for every platform and mode (figures.c). */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stddef.h>

#include "apps/bench/measure.h"

struct figure {
	const char *name;
	enum unit unit;
	/* Measures and tells it; or returns why it cannot. */
	const char *(*measure)(const struct figure *figure);
	unsigned int parameter; /* what tells figures of one subject apart */
};

extern const struct figure figures[];
extern const size_t figures_count;

/* Samples and tells the figure; under --mark, makes 64 operations between two marks. */
const char *figure_measure(const struct figure *figure, const struct measurement *measurement);

/* Tells a figure that is simply there. */
const char *figure_value(const struct figure *figure, double value);

/* The subjects, in the order of the table. */
const char *domain_memory_used(const struct figure *figure);
const char *domain_memory_total(const struct figure *figure);
const char *clock_read(const struct figure *figure);

enum hypercall_figure {
	HYPERCALL_NULL,
	HYPERCALL_XEN_VERSION,
	HYPERCALL_VCPU_IS_UP,
	HYPERCALL_EVTCHN_STATUS,
	HYPERCALL_SCHED_YIELD,
};
const char *hypercall_make(const struct figure *figure); /* parameter: enum hypercall_figure */

const char *event_self(const struct figure *figure);
const char *event_peer(const struct figure *figure);
const char *idle_wake(const struct figure *figure);
const char *timer_late(const struct figure *figure); /* parameter: sleep, in microseconds */
const char *thread_switch(const struct figure *figure);
const char *pagetable_map(const struct figure *figure); /* parameter: pages a call */
const char *pagetable_protect(const struct figure *figure);
const char *pagetable_unmap(const struct figure *figure);
const char *fault_page(const struct figure *figure);
const char *grant_cycle(const struct figure *figure);
const char *memory_read(const struct figure *figure);
const char *memory_write(const struct figure *figure);
const char *memory_copy(const struct figure *figure);
const char *heap_pair(const struct figure *figure);	     /* parameter: bytes */
const char *console_write_line(const struct figure *figure); /* parameter: bytes */
const char *net_rtt_udp(const struct figure *figure);
const char *net_rtt_tcp(const struct figure *figure);
const char *net_stream_send(const struct figure *figure);
const char *net_stream_receive(const struct figure *figure);
const char *net_packets_send(const struct figure *figure); /* parameter: bytes */
const char *net_packets_receive(const struct figure *figure);
const char *disk_read_latency(const struct figure *figure);
const char *disk_read_iops(const struct figure *figure); /* parameter: depth */
const char *disk_write_iops(const struct figure *figure);
const char *disk_read_stream(const struct figure *figure); /* parameter: KiB a piece */
const char *disk_write_stream(const struct figure *figure);
const char *file_stream_write(const struct figure *figure);
const char *file_stream_read(const struct figure *figure);

#endif
