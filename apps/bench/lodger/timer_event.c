/* SPDX-License-Identifier: BSD-2-Clause */
/* The one-shot timer that Xen has for each vCPU, whose event is VIRQ_TIMER. */
#include <errno.h>

#include "apps/bench/platform.h"

#include "hypercall/hypercall.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

#define PATIENCE TIME_S

static struct waitq waiting = WAITQ_INIT;
static unsigned int events;

static void on_timer(evtchn_port_t port, void *arg)
{
	(void)port, (void)arg;
	events++;
	waitq_wake_all(&waiting);
}

const char *platform_wake_at(uint64_t deadline_ns)
{
	static evtchn_port_t port;
	static int error = -EAGAIN;
	const unsigned int seen = events;

	if (error == -EAGAIN)
		error = evtchn_bind_virq(VIRQ_TIMER, on_timer, NULL, &port);
	/* In HVM and PVH it is what every sleep waits for (unikernel/arch/x86/hvm/sleep.c). */
	if (error == -EEXIST) {
		thread_sleep_until(deadline_ns);
		return NULL;
	}
	if (error != 0)
		return "VIRQ_TIMER cannot be bound";
	if (hypercall_vcpu_set_singleshot_timer(0, deadline_ns) != 0)
		return "Xen refuses VCPUOP_set_singleshot_timer";
	if (waitq_wait_until(&waiting, events != seen, time_in(PATIENCE)) != 0)
		return "VIRQ_TIMER does not come";
	return NULL;
}
