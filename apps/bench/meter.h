/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xen's accounting of processor time, from inside a domain that cannot ask for it: a meter in dom0
 * (tests/bench/meter.c) is told by TCP, at --net's address and --meter's port, where each sample
 * begins and ends, and answers with what Xen says at that moment. Numbers are in network order.
 *
 * The one answer and the one question that fall into a sample cost it a small part of a round trip,
 * so samples are longer under --meter (measurement.metered).
 */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/bench/measure.h"

struct figure;

#define METER_MAGIC	 0x4c6f4d74u /* with this layout */
#define METER_PATIENCE_S 60	     /* a trace may have to begin, or be read to its end */

struct meter_request {
	uint32_t magic;
	uint32_t begin;	 /* 1 where a sample begins, 0 where it ends */
	char figure[56]; /* its name, ended by a NUL */
};

struct meter_answer {
	uint32_t magic;
	uint32_t unused;
	uint64_t guest_ns; /* the processor has spent in this domain, Xen on its behalf included */
	uint64_t dom0_ns;  /* in dom0 */
	uint64_t idle_ns;  /* in nobody */
	uint64_t events;   /* that the backends of the domain were sent: Linux's interrupts */
};

/* Samples the figure between two answers of the meter; tells a record of each sample. */
const char *meter_measure(const struct figure *figure, const struct measurement *measurement,
			  unsigned int samples, struct statistics *statistics);

#endif
