/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Things to do at a point in time, ordered in a pairing heap: setting one is O(1), taking the
 * next one out O(log n), and looking whether any is due is one comparison.
 */
#ifndef LODGER_CORE_TIMER_H
#define LODGER_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Memory is the caller's; zeroed is "not set". The fields are timer.c's. */
struct timer {
	uint64_t deadline_ns;
	void (*fn)(void *arg);
	void *arg;
	struct timer *child, *next; /* first child; next sibling */
	struct timer **link;	    /* what points at this timer; NULL: not set */
};

/* Runs fn(arg) once at a safe point after deadline_ns; fn must not block. Set again: moved. */
void timer_set(struct timer *timer, uint64_t deadline_ns, void (*fn)(void *arg), void *arg);
void timer_cancel(struct timer *timer); /* of one that is not set: nothing */

static inline bool timer_is_set(const struct timer *timer)
{
	return timer->link != 0;
}

/* For the scheduler: the first deadline (TIME_FOREVER if none); runs all that are due. */
uint64_t timer_next(void);
void timer_run_due(uint64_t now_ns);

#endif
