/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time for deadlines: milliseconds of the monotonic clock. The server's loop reads it when
 * it wakes, and what is done until it sleeps again is done at that moment: reading it costs as much
 * as finding a file, and a deadline of seconds need not be exact to a turn.
 */
#ifndef HTTPD_CLOCK_H
#define HTTPD_CLOCK_H

#include <stdint.h>

/* The time when it was last read. */
int64_t clock_ms(void);

/* Reads it. */
int64_t clock_read(void);

#endif
