/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xen's trace records, as the program xentrace writes them, taken apart into what happened to
 * which domain.
 *
 * The format is that of xen/include/public/trace.h: a record is a header word (event, number of
 * extra words, whether a time stamp follows), the time stamp, the extra words. A record of
 * TRC_TRACE_CPU_CHANGE, xentrace's own, says from which processor the ones after it are. Records
 * of PV and HVM guests do not name their domain: it is the one that TRC_SCHED_RUNSTATE_CHANGE last
 * made run on that processor. Understood are, each with or without TRC_64_FLAG:
 *
 *	TRC_GEN            LOST_RECORDS, TRACE_CPU_CHANGE
 *	TRC_SCHED_MIN      RUNSTATE_CHANGE
 *	TRC_HVM_ENTRYEXIT  VMEXIT: Xen up to 4.19 has one event for SVM and VMX, later two
 *	TRC_HVM_HANDLER    VMMCALL (VMX's VMCALL too)
 *	TRC_PV_ENTRY       HYPERCALL_V2, TRAP, PAGE_FAULT, FORCED_INVALID_OP, EMULATE_PRIVOP,
 *	                   MATH_STATE_RESTORE, PAGING_FIXUP, GDT_LDT_MAPPING_FAULT, PTWR_EMULATION
 *	TRC_PV_SUBCALL     HYPERCALL_SUBCALL
 *
 * and all others are passed over.
 */
#ifndef LODGER_TESTS_BENCH_EXITS_TRACE_H
#define LODGER_TESTS_BENCH_EXITS_TRACE_H

#include <stddef.h>
#include <stdint.h>

/* The event mask for xentrace: classes TRC_SCHED, TRC_HVM, TRC_PV, subclasses 1 and 2. */
#define TRACE_EVENT_MASK "0x002a3000"

/* Kinds of event. What the code of each is: */
enum event_kind {
	EVENT_EXIT,	 /* the processor's exit code (SVM) or reason (VMX) */
	EVENT_HYPERCALL, /* its number, in any mode */
	EVENT_SUBCALL,	 /* the number of one call of a multicall */
	EVENT_TRAP,	 /* a vector that Xen passed on to a PV guest, page faults included */
	EVENT_EMULATION, /* the TRC_PV_ENTRY event of a fault that Xen dealt with itself */
	EVENT_SCHEDULE,	 /* enum schedule */
	EVENT_KINDS
};

enum schedule { SCHEDULE_RUN, SCHEDULE_PREEMPT, SCHEDULE_BLOCK };

struct event {
	uint64_t tsc;	/* of the record, or of the last one before it that has one */
	uint32_t order; /* among events of one time, as they were read */
	uint32_t code;
	uint16_t domid;
	uint8_t kind;
};

struct trace {
	struct event *event; /* malloced; of all domains but those left out */
	size_t events, capacity;
	uint64_t records; /* read, of any kind */
	uint64_t lost;	  /* by Xen, for want of room: then no figure is true */
	/* Of the processor whose records are being read, and of all. */
	unsigned int cpu;
	struct {
		uint64_t tsc;
		uint16_t domid; /* that runs there; DOMID_UNKNOWN until it is said */
	} cpus[256];
	uint32_t order;
	/* A record of which not all has been read yet. */
	unsigned char part[64];
	size_t part_length;
};

#define DOMID_UNKNOWN 0xffffu

void trace_init(struct trace *trace);

/* Takes the next bytes of the stream. 0, or -1 with errno: no memory, or EBADMSG: not a trace. */
int trace_read(struct trace *trace, const void *bytes, size_t length);

/* Puts the events in order, domain by domain, each domain's by time. */
void trace_sort(struct trace *trace);

#endif
