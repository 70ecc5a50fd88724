/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The safe point. Every switch of threads comes through here, and here alone are events handled
 * and timers run; so the order is: what has happened, then who is ready, then sleep.
 *
 * There is no idle thread: whichever thread found nothing to run sleeps on its own stack, and goes
 * straight on if it is itself the one that was woken.
 */
#include "unikernel/core/schedule.h"

#include <stddef.h>

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/timer.h"
#include "unikernel/core/vcpu.h"

struct vcpu boot_vcpu;

void schedule_ready(struct thread *thread)
{
	struct vcpu *vcpu = vcpu_current();

	thread->next = NULL;
	if (vcpu->run_last)
		vcpu->run_last->next = thread;
	else
		vcpu->run_first = thread;
	vcpu->run_last = thread;
}

static struct thread *take_ready(struct vcpu *vcpu)
{
	struct thread *thread = vcpu->run_first;

	if (thread) {
		vcpu->run_first = thread->next;
		if (!vcpu->run_first)
			vcpu->run_last = NULL;
	}
	return thread;
}

static struct thread *next_thread(struct vcpu *vcpu)
{
	for (;;) {
		struct thread *next;

		evtchn_dispatch();
		if (timer_next() != TIME_FOREVER)
			timer_run_due(time_monotonic_ns());
		next = take_ready(vcpu);
		if (next)
			return next;
		evtchn_poll(timer_next());
	}
}

void schedule(void)
{
	struct vcpu *vcpu = vcpu_current();
	struct thread *self = vcpu->current, *next = next_thread(vcpu);

	if (next == self)
		return;
	vcpu->current = next;
	arch_switch(&self->sp, next->sp);
	thread_bury();
}
