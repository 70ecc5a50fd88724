/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCHEDOP_poll is dear here: Xen reads its arguments, and its list port by port, through the guest's page
 * tables (some 4,000 instructions each). So the vCPU sleeps by SCHEDOP_block, which has none, until
 * an event comes: ports are unmasked for that, and there is one vector for them all
 * (HVM_PARAM_CALLBACK_IRQ). Interrupts are on for that one call, because only then does Xen look at
 * evtchn_upcall_pending before it lets us sleep. Nothing else is ever interrupted:
 *
 *	sti; nop          interrupts are on behind the nop
 *	SCHEDOP_block     Xen: is evtchn_upcall_pending set? then on; else sleep until it is
 *	hvm_upcall        on behind the call, interrupts off (trap.S)
 *
 * Why no event is lost. Xen, for each event:          We, before sti:
 *
 *	pending bit of the port: 0 → 1, or done         evtchn_upcall_pending = 0
 *	evtchn_pending_sel:      0 → 1, or done         evtchn_pending_sel = 0
 *	evtchn_upcall_pending = 1, wakes                any pending bit? then do not sleep
 *
 * An event whose bit we do not see sets it after our look, and finds the other two 0.
 *
 * Afterwards evtchn_upcall_pending is 0 again and evtchn_pending_sel is not, so that events set the first no
 * more: while it is set, Xen asks to be told when interrupts are on, which costs an exit.
 *
 * Deadlines are the vCPU's one-shot timer, whose event, VIRQ_TIMER, is nobody's but ours. It stays set when we
 * wake for another reason, for the next deadline is mostly a later one; at worst it wakes us early.
 */
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "hypercall/shared.h"
#include "unikernel/arch/x86/hvm/hvm.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/pending.h"
#include "unikernel/core/time.h"
#include "unikernel/core/vcpu.h"

/* Xen takes one that is 13 days off for a mistake. */
#define TIMER_MAX (3600 * TIME_S)

static struct {
	evtchn_port_t port;
	uint64_t set_ns; /* what it is set to, or TIME_FOREVER */
} timer;

static bool is_pending(evtchn_port_t port)
{
	return access_once(*pending_word(port)) & pending_bit(port);
}

static bool any_pending(const evtchn_port_t *ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_pending(ports[i]))
			return true;
	return is_pending(timer.port);
}

/* It has gone off, and will not again before it is set. */
static void timer_take(void)
{
	if (pending_take(pending_word(timer.port), pending_bit(timer.port)))
		timer.set_ns = TIME_FOREVER;
}

static void timer_set_to(uint64_t deadline_ns)
{
	const uint64_t latest_ns = time_in(TIMER_MAX);

	timer.set_ns = deadline_ns < latest_ns ? deadline_ns : latest_ns;
	hypercall_set_timer(timer.set_ns);
}

void hvm_sleep_init(void)
{
	long result = hypercall_evtchn_bind_virq(VIRQ_TIMER, 0, &timer.port);

	if (result)
		panic("VIRQ_TIMER: %s", xen_errno_name(result));
	timer.set_ns = TIME_FOREVER;
	memset(arch_shared_info()->evtchn_mask, 0, sizeof(arch_shared_info()->evtchn_mask));
}

void hvm_sleep(const evtchn_port_t *ports, size_t count, uint64_t timeout_ns)
{
	struct vcpu_info *info = boot_vcpu.info;

	timer_take();
	if (timeout_ns != 0 && timeout_ns < timer.set_ns)
		timer_set_to(timeout_ns);
	store_release(&info->evtchn_upcall_pending, 0);
	__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (!any_pending(ports, count))
		hvm_sched_op(SCHEDOP_block, 0);
	store_release(&info->evtchn_upcall_pending, 0);
}
