/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timer.late.*: how long after its deadline a thread that sleeps runs again (thread_sleep_until,
 * clock_nanosleep). idle.wake: the same for the event of a one-shot timer that wakes the idle
 * processor (VIRQ_TIMER out of its sleep; a timerfd out of read): from the moment the timer was
 * set for to the next instruction of the thread that waited for it.
 *
 * Xen may run a timer up to its timer_slop late, and Linux a sleep up to its timer slack, each
 * 50 us unless told otherwise; both are left as they are.
 */
#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

#define US 1000ull

static const char *sleep_until(uint64_t deadline_ns)
{
	platform_sleep_until(deadline_ns);
	return NULL;
}

struct lateness {
	const char *(*wait_until)(uint64_t deadline_ns);
	uint64_t ahead_ns;
};

static const char *run(void *context, struct sample *sample)
{
	const struct lateness *lateness = context;
	uint64_t late_ns = 0;

	for (unsigned int i = 0; i < sample->operations; i++) {
		const uint64_t deadline_ns = platform_clock_ns() + lateness->ahead_ns;
		const char *reason = lateness->wait_until(deadline_ns);
		const uint64_t now_ns = platform_clock_ns();

		if (reason)
			return reason;
		if (now_ns > deadline_ns)
			late_ns += now_ns - deadline_ns;
	}
	sample->elapsed_ns = late_ns > 0 ? late_ns : 1;
	return NULL;
}

static const char *late(const struct figure *figure, struct lateness lateness, unsigned int batch)
{
	const struct measurement measurement = {.run = run, .context = &lateness, .batch = batch};

	return figure_measure(figure, &measurement);
}

const char *timer_late(const struct figure *figure)
{
	return late(figure, (struct lateness){sleep_until, figure->parameter * US}, 1);
}

const char *idle_wake(const struct figure *figure)
{
	return late(figure, (struct lateness){platform_wake_at, 500 * US}, 10);
}
