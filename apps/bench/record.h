/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bench says: each record is one line of standard output, `bench: ` and a JSON object, and is
 * out before the next thing is measured.
 *
 *   {"record":"start","schema":1,"program":"lodger"|"linux","mode":"PV"|"PVH"|"HVM"|"process"}
 *   {"record":"stage","name":"main","at_ns":N}       the start's stages, nanoseconds since 1970
 *   {"record":"figure","name":"hypercall.null","unit":"ns"|"B/s"|"1/s"|"B","samples":101,
 *    "batch":100,"min":…,"median":…,"p99":…,"max":…}     of one operation; batch of them a sample
 *   {"record":"absent","name":"evtchn.peer","reason":"a sentence"}     in place of a figure
 *   {"record":"mark","name":"hypercall.null","operations":N}     in place of a figure (--mark)
 *   {"record":"meter","name":"net.stream.send","sample":0,"asked":512,"operations":512,
 *    "bytes":65536,"elapsed_ns":N,"guest_ns":N,"dom0_ns":N,"idle_ns":N,"events_out":N,"events_in":N}
 *                 of each sample (--meter), the first of which warms up; bytes are an operation's;
 *                 operations are those asked for that were not lost on the way
 *   {"record":"end","figures":N}
 */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdint.h>

#include "apps/bench/measure.h"

#define RECORD_SCHEMA 1

void record_start(const char *program, const char *mode);
void record_stage(const char *name, uint64_t at_ns);
void record_figure(const char *name, enum unit unit, const struct statistics *statistics);
void record_absent(const char *name, const char *reason);
void record_mark(const char *name, unsigned int operations);

struct record_meter {
	unsigned int sample, asked, operations;
	size_t bytes;
	uint64_t elapsed_ns, guest_ns, dom0_ns, idle_ns, events_out, events_in;
};

void record_meter(const char *name, const struct record_meter *meter);
void record_end(void);

#endif
