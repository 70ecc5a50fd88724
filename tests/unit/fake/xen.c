/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls, the idle point and the clock.
 *
 * SCHEDOP_poll is where the guest gives the processor away. In this order, until it may return:
 *   1. a port of the list is pending: return;
 *   2. the others run; if any of them did something, look again;
 *   3. the clock jumps to whatever is due first, a timer of the fake or the guest's own deadline.
 */
#include "tests/unit/fake/fake.h"

#include <stdlib.h>
#include <string.h>

#include <xen/errno.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/version.h>

#include "unikernel/arch/x86/arch.h"

#define OTHERS 16
#define TIMERS 64
#define ROUNDS 100000 /* an end to any quarrel between the others */

struct other {
	bool (*step)(void *self);
	void *self;
};

struct timer {
	uint64_t at_ns;
	void (*fire)(void *self);
	void *self;
};

static struct other others[OTHERS];
static struct timer timers[TIMERS];
static unsigned timers_set;
static unsigned long counts[64];
static int shutdown_reason = -1;
static uint64_t now_ns = 5000000000; /* the host has been up for five seconds */
static uint64_t wall_offset_ns = 1700000000000000000;

void (*fake_on_shutdown)(int reason);
long (*fake_hypercall_spy)(unsigned op, unsigned long a1, unsigned long a2);

struct shared_info *fake_shared_info(void)
{
	static struct shared_info *shared;

	if (!shared) {
		shared = fake_memory_reserve(1);
		/* A PV guest starts with all upcalls off and, as Xen sets it up, all ports masked. */
		shared->vcpu_info[0].evtchn_upcall_mask = 1;
		memset(shared->evtchn_mask, 0xff, sizeof(shared->evtchn_mask));
		fake_clock_publish(wall_offset_ns);
	}
	return shared;
}

/*
 * system time = base + (tsc - stamp) * multiplier >> 32, shifted: a TSC of 1 GHz, so that
 * 2^31 >> 32 doubled by the shift of 1 is one nanosecond a tick.
 */
void fake_clock_publish(uint64_t offset_ns)
{
	struct shared_info *shared = fake_shared_info();
	struct vcpu_time_info *time = &shared->vcpu_info[0].time;

	wall_offset_ns = offset_ns;
	time->version++;
	time->tsc_timestamp = now_ns;
	time->system_time = now_ns;
	time->tsc_to_system_mul = 1u << 31;
	time->tsc_shift = 1;
	time->version++;
	shared->wc_version++;
	shared->wc_sec = (uint32_t)(offset_ns / 1000000000);
	shared->wc_nsec = (uint32_t)(offset_ns % 1000000000);
	shared->wc_version++;
}

uint64_t fake_clock_ns(void)
{
	return now_ns;
}

uint64_t fake_clock_tsc(void)
{
	now_ns += 10;
	return now_ns;
}

static struct timer *timer_next(void)
{
	struct timer *next = NULL;

	for (size_t i = 0; timers_set > 0 && i < TIMERS; i++)
		if (timers[i].fire && (!next || timers[i].at_ns < next->at_ns))
			next = &timers[i];
	return next;
}

static void timer_fire(struct timer *timer)
{
	const struct timer due = *timer;

	*timer = (struct timer){0};
	timers_set--;
	if (now_ns < due.at_ns)
		now_ns = due.at_ns;
	due.fire(due.self);
}

void fake_clock_advance(uint64_t ns)
{
	const uint64_t until = now_ns + ns;

	for (struct timer *timer = timer_next(); timer && timer->at_ns <= until;
	     timer = timer_next())
		timer_fire(timer);
	if (now_ns < until)
		now_ns = until;
}

void fake_timer_add(uint64_t at_ns, void (*fire)(void *self), void *self)
{
	for (size_t i = 0; i < TIMERS; i++)
		if (!timers[i].fire) {
			timers[i] = (struct timer){.at_ns = at_ns, .fire = fire, .self = self};
			timers_set++;
			return;
		}
	fake_violation("no more timers");
}

void fake_other_add(bool (*step)(void *self), void *self)
{
	for (size_t i = 0; i < OTHERS; i++)
		if (!others[i].step) {
			others[i] = (struct other){.step = step, .self = self};
			return;
		}
	fake_violation("no more domains");
}

static bool others_step(void)
{
	bool any = false;

	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].step)
			any |= others[i].step(others[i].self);
	return any;
}

void fake_others_run(void)
{
	for (unsigned round = 0; others_step(); round++)
		if (round == ROUNDS)
			fake_violation("the others never come to rest");
}

static bool poll_ready(const evtchn_port_t *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (fake_evtchn_pending(list[i]))
			return true;
	return false;
}

static long sched_poll(const struct sched_poll *op)
{
	evtchn_port_t *list;
	struct timer *timer;

	if (op->nr_ports > 128)
		return -XEN_EINVAL;
	list = op->ports.p;
	for (unsigned i = 0; i < op->nr_ports; i++)
		if (list[i] >= 4096)
			return -XEN_EINVAL;
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (poll_ready(list, op->nr_ports))
			return 0;
		if (others_step())
			continue;
		timer = timer_next();
		if (timer && (!op->timeout || timer->at_ns <= op->timeout)) {
			timer_fire(timer);
			continue;
		}
		if (!op->timeout)
			fake_violation("the guest sleeps and nothing will ever wake it");
		if (now_ns < op->timeout)
			now_ns = op->timeout;
		return 0;
	}
	fake_violation("the guest sleeps and the others never come to rest");
}

static long sched_op(int command, void *arg)
{
	switch (command) {
	case SCHEDOP_yield:
		others_step();
		return 0;
	case SCHEDOP_poll:
		return sched_poll(arg);
	case SCHEDOP_block:
		fake_violation("SCHEDOP_block sleeps until an upcall, and the guest takes none");
	case SCHEDOP_shutdown:
		shutdown_reason = (int)((struct sched_shutdown *)arg)->reason;
		if (!fake_on_shutdown)
			fake_violation("the guest shuts down (reason %d)", shutdown_reason);
		fake_on_shutdown(shutdown_reason);
		abort();
	default:
		return -XEN_ENOSYS;
	}
}

static long xen_version(int command, void *arg)
{
	switch (command) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_get_features:
		((struct xen_feature_info *)arg)->submap = 0;
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

static long answer(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3)
{
	long spied;

	if (op < sizeof(counts) / sizeof(counts[0]))
		counts[op]++;
	if (fake_hypercall_spy && (spied = fake_hypercall_spy(op, a1, a2)) != 0)
		return spied;
	switch (op) {
	case __HYPERVISOR_event_channel_op:
		return fake_evtchn_op((int)a1, (void *)a2);
	case __HYPERVISOR_grant_table_op:
		return fake_gnttab_op((unsigned)a1, (void *)a2, (unsigned)a3);
	case __HYPERVISOR_sched_op:
		return sched_op((int)a1, (void *)a2);
	case __HYPERVISOR_xen_version:
		return xen_version((int)a1, (void *)a2);
	default:
		return -XEN_ENOSYS;
	}
}

/*
 * Xen has a stack of its own, and so has the fake: a guest's thread has too little to spare for
 * snprintf() and sanitizers. The two take turns as threads do.
 */
static struct {
	void *guest_sp, *own_sp;
	unsigned op;
	unsigned long a1, a2, a3;
	long result;
} call;

static void hypervisor(void)
{
	for (;;) {
		call.result = answer(call.op, call.a1, call.a2, call.a3);
		arch_switch(&call.own_sp, call.guest_sp);
	}
}

long fake_hypercall(unsigned op, unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	static _Alignas(4096) char stack[1 << 20];

	(void)a4;
	(void)a5;
	if (!call.own_sp)
		call.own_sp = arch_stack_prepare(stack + sizeof(stack), hypervisor);
	call.op = op;
	call.a1 = a1;
	call.a2 = a2;
	call.a3 = a3;
	arch_switch(&call.guest_sp, call.own_sp);
	return call.result;
}

unsigned long fake_hypercalls(unsigned op)
{
	return counts[op];
}

int fake_shutdown_reason(void)
{
	return shutdown_reason;
}
