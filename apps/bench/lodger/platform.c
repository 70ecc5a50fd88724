/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of the kernel that this program is linked with. */
#include "apps/bench/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypercall/hypercall.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/console.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

#define CONSOLE_WAIT TIME_S
#define REST	     (2 * TIME_MS)

/* Numbers that Xen has not given to any call: it answers -ENOSYS, and its trace shows them. */
#define HYPERCALL_MARK_BEGIN 62
#define HYPERCALL_MARK_END   63

const char platform_program[] = "lodger";

const char *platform_mode(const char *told)
{
	(void)told;
	return boot_info.mode;
}

void platform_stages(void (*tell)(const char *name, uint64_t at_ns))
{
	const uint64_t host_start_ns = time_wall_ns() - time_monotonic_ns();
	char text[512], *rest = text, *stage;

	boot_stages_format(text, sizeof(text));
	while ((stage = strtok_r(rest, " ", &rest)) != NULL) {
		char *equals = strchr(stage, '=');

		if (!equals)
			continue;
		*equals = '\0';
		tell(stage, host_start_ns + strtoull(equals + 1, NULL, 10));
	}
}

uint64_t platform_clock_ns(void)
{
	return time_monotonic_ns();
}

void platform_sleep_until(uint64_t deadline_ns)
{
	thread_sleep_until(deadline_ns);
}

void platform_settle(void)
{
	platform_console_drain();
	thread_sleep_until(time_in(REST));
}

const char *platform_console_check(void)
{
	return boot_info.console ? NULL : "this domain has no console ring";
}

void platform_console_drain(void)
{
	console_flush(time_in(CONSOLE_WAIT));
}

/* Those of all ports, which come from backends while nothing but devices is in use. */
uint64_t platform_device_events(void)
{
	struct evtchn_stats stats;

	evtchn_stats(&stats);
	return stats.dispatches;
}

const char *platform_mark_check(void)
{
	return NULL;
}

void platform_mark(bool begin)
{
	hypercall5(begin ? HYPERCALL_MARK_BEGIN : HYPERCALL_MARK_END, 0, 0, 0, 0, 0);
}

int platform_peer(uint16_t port)
{
	(void)port;
	fprintf(stderr, "bench: --peer: the peer is bench's Linux build, in dom0\n");
	return 2;
}
