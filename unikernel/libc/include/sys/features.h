/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and what Lodger has beyond what newlib expects of an unknown system. */
#include_next <sys/features.h>

#ifndef _POSIX_TIMERS
#define _POSIX_TIMERS	       200809L /* clock_gettime(), nanosleep() */
#define _POSIX_MONOTONIC_CLOCK 200809L
#endif
