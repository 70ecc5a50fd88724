/* SPDX-License-Identifier: BSD-2-Clause */
#include "trace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/trace.h>
#include <xen/vcpu.h>

/* Names that changed between Xen's versions, so not taken from the header. */
#define ENTRYEXIT_VMEXIT    (TRC_HVM_ENTRYEXIT + 2)
#define ENTRYEXIT_SVM_EXIT  (TRC_HVM_ENTRYEXIT + 3)
#define RUNSTATE_CHANGE	    (TRC_SCHED_RUNSTATE_CHANGE & ~0xff0u)
#define RUNSTATE_OLD(event) ((event) >> 8 & 3)
#define RUNSTATE_NEW(event) ((event) >> 4 & 3)
#define HYPERCALL_OP	    0xfffffu
#define VECTOR		    0x7fffu
#define PAGE_FAULT_VECTOR   14

void trace_init(struct trace *trace)
{
	*trace = (struct trace){0};
	for (size_t i = 0; i < sizeof(trace->cpus) / sizeof(*trace->cpus); i++)
		trace->cpus[i].domid = DOMID_UNKNOWN;
}

static int add(struct trace *trace, enum event_kind kind, uint32_t code, uint16_t domid)
{
	if (domid == 0 || domid >= DOMID_FIRST_RESERVED)
		return 0;
	if (trace->events == trace->capacity) {
		size_t capacity = trace->capacity ? trace->capacity * 2 : 4096;
		struct event *event = realloc(trace->event, capacity * sizeof(*event));

		if (!event)
			return -1;
		trace->event = event;
		trace->capacity = capacity;
	}
	trace->event[trace->events++] = (struct event){
		.tsc = trace->cpus[trace->cpu].tsc,
		.order = trace->order++,
		.code = code,
		.domid = domid,
		.kind = (uint8_t)kind,
	};
	return 0;
}

/* A virtual processor changes its state. Its domain is in the upper half of the word. */
static int runstate_change(struct trace *trace, uint32_t event, uint32_t word)
{
	const uint16_t domid = (uint16_t)(word >> 16);

	if (RUNSTATE_NEW(event) == RUNSTATE_running) {
		trace->cpus[trace->cpu].domid = domid;
		return add(trace, EVENT_SCHEDULE, SCHEDULE_RUN, domid);
	}
	if (RUNSTATE_OLD(event) != RUNSTATE_running)
		return 0;
	return add(trace, EVENT_SCHEDULE,
		   RUNSTATE_NEW(event) == RUNSTATE_blocked ? SCHEDULE_BLOCK : SCHEDULE_PREEMPT,
		   domid);
}

static int pv_entry(struct trace *trace, uint32_t event, const uint32_t *word, unsigned int words)
{
	const uint16_t domid = trace->cpus[trace->cpu].domid;

	switch (event) {
	case TRC_PV_HYPERCALL_V2:
		return words < 1 ? 0 : add(trace, EVENT_HYPERCALL, word[0] & HYPERCALL_OP, domid);
	case TRC_PV_HYPERCALL_SUBCALL:
		return words < 1 ? 0 : add(trace, EVENT_SUBCALL, word[0] & HYPERCALL_OP, domid);
	case TRC_PV_PAGE_FAULT:
		return add(trace, EVENT_TRAP, PAGE_FAULT_VECTOR, domid);
	case TRC_PV_TRAP:
		/* rip, of two words in the 64-bit form; then the vector in 15 bits. */
		return words < 2 ? 0
				 : add(trace, EVENT_TRAP, word[words > 2 ? 2 : 1] & VECTOR, domid);
	case TRC_PV_PTWR_EMULATION_PAE:
		return add(trace, EVENT_EMULATION, TRC_PV_PTWR_EMULATION, domid);
	case TRC_PV_FORCED_INVALID_OP:
	case TRC_PV_EMULATE_PRIVOP:
	case TRC_PV_MATH_STATE_RESTORE:
	case TRC_PV_PAGING_FIXUP:
	case TRC_PV_GDT_LDT_MAPPING_FAULT:
	case TRC_PV_PTWR_EMULATION:
		return add(trace, EVENT_EMULATION, event, domid);
	default:
		return 0;
	}
}

static int record(struct trace *trace, uint32_t event, const uint32_t *word, unsigned int words)
{
	const uint16_t domid = trace->cpus[trace->cpu].domid;

	if (event == TRC_LOST_RECORDS) {
		trace->lost += words ? word[0] : 1;
		return 0;
	}
	if ((event & ~0xff0u) == RUNSTATE_CHANGE && words == 1)
		return runstate_change(trace, event, word[0]);

	/* Also of a guest of a guest (0x400). */
	event &= ~(uint32_t)(TRC_64_FLAG | TRC_HVM_NESTEDFLAG);
	switch (event) {
	case ENTRYEXIT_VMEXIT:
	case ENTRYEXIT_SVM_EXIT:
		return words < 1 ? 0 : add(trace, EVENT_EXIT, word[0], domid);
	case TRC_HVM_VMMCALL:
		return words < 1 ? 0 : add(trace, EVENT_HYPERCALL, word[0], domid);
	default:
		return pv_entry(trace, event, word, words);
	}
}

/* The length of the record that begins with this header, in bytes. */
static size_t record_length(uint32_t header)
{
	return sizeof(header) + (TRC_HD_INCLUDES_CYCLE_COUNT(header) ? sizeof(uint64_t) : 0) +
	       TRC_HD_EXTRA(header) * sizeof(uint32_t);
}

static int record_take(struct trace *trace, const unsigned char *bytes)
{
	uint32_t header, word[TRACE_EXTRA_MAX];
	const unsigned int words = (memcpy(&header, bytes, sizeof(header)), TRC_HD_EXTRA(header));
	const uint32_t event = TRC_HD_TO_EVENT(header);

	bytes += sizeof(header);
	trace->records++;
	if (event == TRC_TRACE_CPU_CHANGE) {
		memcpy(word, bytes, sizeof(*word));
		if (!words || word[0] >= sizeof(trace->cpus) / sizeof(*trace->cpus)) {
			errno = EBADMSG;
			return -1;
		}
		trace->cpu = word[0];
		return 0;
	}
	if (trace->records == 1) { /* every stream begins with a processor */
		errno = EBADMSG;
		return -1;
	}
	if (TRC_HD_INCLUDES_CYCLE_COUNT(header)) {
		memcpy(&trace->cpus[trace->cpu].tsc, bytes, sizeof(uint64_t));
		bytes += sizeof(uint64_t);
	}
	memcpy(word, bytes, words * sizeof(*word));
	return record(trace, event, word, words);
}

int trace_read(struct trace *trace, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;
	uint32_t header;

	while (length) {
		/* The header first, then as many bytes as it says. */
		size_t wanted = sizeof(header), some;

		if (trace->part_length >= sizeof(header)) {
			memcpy(&header, trace->part, sizeof(header));
			wanted = record_length(header);
		}
		some = wanted - trace->part_length;
		if (some > length)
			some = length;
		memcpy(trace->part + trace->part_length, from, some);
		trace->part_length += some;
		from += some;
		length -= some;
		if (trace->part_length < sizeof(header))
			break;
		memcpy(&header, trace->part, sizeof(header));
		if (trace->part_length < record_length(header))
			continue;
		if (record_take(trace, trace->part))
			return -1;
		trace->part_length = 0;
	}
	return 0;
}

static int event_order(const void *left, const void *right)
{
	const struct event *a = left, *b = right;

	if (a->domid != b->domid)
		return a->domid < b->domid ? -1 : 1;
	if (a->tsc != b->tsc)
		return a->tsc < b->tsc ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void trace_sort(struct trace *trace)
{
	if (trace->events)
		qsort(trace->event, trace->events, sizeof(*trace->event), event_order);
}
