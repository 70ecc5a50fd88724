/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks and sleeping. */
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/libc/result.h"

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / TIME_S), .tv_nsec = (long)(ns % TIME_S)};
}

/* -EINVAL if it is no time; what no clock will live to see is TIME_FOREVER. */
static int timespec_to_ns(const struct timespec *ts, uint64_t *ns)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (long)TIME_S)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)ts->tv_sec, TIME_S, ns) ||
	    __builtin_add_overflow(*ns, (uint64_t)ts->tv_nsec, ns))
		*ns = TIME_FOREVER;
	return 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	switch (clock) {
	case CLOCK_REALTIME:
		*now = timespec_of(time_wall_ns());
		return 0;
	case CLOCK_MONOTONIC:
		*now = timespec_of(time_monotonic_ns());
		return 0;
	default:
		return result_int(-EINVAL);
	}
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return result_int(-EINVAL);
	if (resolution)
		*resolution = timespec_of(1);
	return 0;
}

/* The host keeps the time. */
int clock_settime(clockid_t clock, const struct timespec *now)
{
	(void)clock, (void)now;
	return result_int(-EPERM);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	(void)zone;
	const uint64_t us = time_wall_ns() / TIME_US;
	now->tv_sec = (time_t)(us / 1000000);
	now->tv_usec = (suseconds_t)(us % 1000000);
	return 0;
}

time_t time(time_t *out)
{
	const time_t now = (time_t)(time_wall_ns() / TIME_S);
	if (out)
		*out = now;
	return now;
}

/* The only program there is: all time that passed is its own. */
clock_t times(struct tms *spent)
{
	const clock_t ticks = (clock_t)(time_monotonic_ns() / (TIME_S / CLOCKS_PER_SEC));
	*spent = (struct tms){.tms_utime = ticks};
	return ticks;
}

clock_t clock(void)
{
	struct tms spent;
	return times(&spent);
}

int getrusage(int who, struct rusage *spent)
{
	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN)
		return result_int(-EINVAL);
	const uint64_t us = who == RUSAGE_SELF ? time_monotonic_ns() / TIME_US : 0;
	*spent = (struct rusage){.ru_utime = {.tv_sec = (time_t)(us / 1000000),
					      .tv_usec = (suseconds_t)(us % 1000000)}};
	return 0;
}

/* Never interrupted, as there are no signals: nothing ever remains. */
int nanosleep(const struct timespec *length, struct timespec *rest)
{
	uint64_t ns;
	int error = timespec_to_ns(length, &ns);
	if (error)
		return result_int(error);
	thread_sleep_until(time_in(ns));
	if (rest)
		*rest = (struct timespec){0, 0};
	return 0;
}

int usleep(useconds_t us)
{
	thread_sleep_until(time_in((uint64_t)us * TIME_US));
	return 0;
}

unsigned int sleep(unsigned int seconds)
{
	thread_sleep_until(time_in((uint64_t)seconds * TIME_S));
	return 0;
}
