/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counts of a sorted trace, as lines of JSON: for each domain one of what came before its first
 * mark ("boot"), one of each marked piece in order (0, 1, …), one of what was in none ("rest"), if
 * there was a mark:
 *
 *	{"domain":1,"piece":0,"exits":{"VMMCALL":100},"hypercalls":{"sched_op":100},…}
 *
 * A guest marks by hypercalls that do not exist: 62 begins a piece, 63 ends it; both return -ENOSYS.
 * They are counted nowhere, and neither are the exits that bring them. (Which exit that is, is
 * known of domains with one virtual processor: the last.)
 */
#ifndef LODGER_TESTS_BENCH_EXITS_REPORT_H
#define LODGER_TESTS_BENCH_EXITS_REPORT_H

#include <stdio.h>

#include "trace.h"

#define MARK_BEGIN 62
#define MARK_END   63

/* domid: of this domain only, or of all (DOMID_UNKNOWN). 0, or -1 with errno. */
int report(const struct trace *trace, uint32_t domid, FILE *out);

#endif
