/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time, from the page that Xen shares with us. No hypercall and no timer interrupt: Xen writes
 * (tsc_timestamp, system_time, multiplier) now and then, and between two such marks the
 * processor's counter is scaled. All in nanoseconds.
 *
 * A deadline is a point of monotonic time, not a length.
 */
#ifndef LODGER_CORE_TIME_H
#define LODGER_CORE_TIME_H

#include <stdint.h>

#define TIME_FOREVER UINT64_MAX	   /* a deadline that never comes */
#define TIME_POLL    ((uint64_t)0) /* … that is past already: do not wait */

#define TIME_US	     1000ull
#define TIME_MS	     1000000ull
#define TIME_S	     1000000000ull

/* Xen's system time: since the host started; runs on while the domain is paused. */
uint64_t time_monotonic_ns(void);

/* Since 1970-01-01 UTC. Taken afresh from Xen's page, so that it follows the host's clock. */
uint64_t time_wall_ns(void);

/* A deadline so far from now; TIME_FOREVER if that overflows. */
uint64_t time_in(uint64_t ns);

/* The monotonic time at which the processor's counter stood at tsc. */
uint64_t time_of_tsc(uint64_t tsc);

#endif
