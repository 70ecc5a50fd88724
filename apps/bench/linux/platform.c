/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of Linux, to a process. */
#include "apps/bench/platform.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define REST_NS	 2000000ull

const char platform_program[] = "linux";

/* One processor for all threads, as Lodger has. */
static __attribute__((constructor)) void one_processor(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

const char *platform_mode(const char *told)
{
	return told ? told : "process";
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S)};
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* The kernel's own clock begins early in its start, if not with its first instruction. */
void platform_stages(void (*tell)(const char *name, uint64_t at_ns))
{
	const uint64_t now_ns = clock_ns(CLOCK_REALTIME);

	tell("kernel", now_ns - clock_ns(CLOCK_BOOTTIME));
	tell("main", now_ns);
}

uint64_t platform_clock_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void platform_sleep_until(uint64_t deadline_ns)
{
	const struct timespec deadline = timespec_of(deadline_ns);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
		;
}

const char *platform_wake_at(uint64_t deadline_ns)
{
	static int fd = -1;
	const struct itimerspec at = {.it_value = timespec_of(deadline_ns)};
	uint64_t expired;

	if (fd < 0)
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) != 0)
		return "a timerfd cannot be made";
	return read(fd, &expired, sizeof(expired)) == sizeof(expired)
		       ? NULL
		       : "the timerfd cannot be read";
}

void platform_settle(void)
{
	platform_console_drain();
	platform_sleep_until(platform_clock_ns() + REST_NS);
}

const char *platform_console_check(void)
{
	return isatty(STDOUT_FILENO) ? NULL : "standard output is no terminal here";
}

void platform_console_drain(void)
{
	if (isatty(STDOUT_FILENO))
		tcdrain(STDOUT_FILENO);
}

/*
 * Interrupts of netfront, which names them vif0-q0-tx or so, and of blkfront, whose are blkif. A line is
 * "NUMBER: COUNT … NAME", and one processor has one count.
 */
uint64_t platform_device_events(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	uint64_t events = 0, count;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if ((strstr(line, "vif") || strstr(line, "blkif")) &&
		    sscanf(line, " %*[^:]: %" SCNu64, &count) == 1)
			events += count;
	if (file)
		fclose(file);
	return events;
}

const char *platform_mark_check(void)
{
	return "hypercalls are made by a kernel";
}

void platform_mark(bool begin)
{
	(void)begin;
}

int platform_echo(unsigned int domid)
{
	(void)domid;
	fprintf(stderr, "bench: --echo: the domain that answers events is one of Lodger's build\n");
	return 2;
}
