/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCHEDOP_poll is dear here: Xen reads its list port by port, each through the guest's page tables
 * (some 5,000 instructions). So the processor sleeps as others do, by HLT, which an interrupt
 * ends. Ports are unmasked, and Xen has one vector for all of them (HVM_PARAM_CALLBACK_IRQ). Interrupts
 * are on for that one instruction only, so that nothing else is ever interrupted:
 *
 *	sti          takes effect behind the next instruction
 *	hlt          Xen: is evtchn_upcall_pending set? then on; else sleep until it is
 *	hvm_upcall   on behind hlt, interrupts off (trap.S)
 *
 * Why no event is lost. Xen, for each event:          We, before sti:
 *
 *	pending bit of the port: 0 → 1, or done         evtchn_upcall_pending = 0
 *	evtchn_pending_sel:      0 → 1, or done         evtchn_pending_sel = 0
 *	evtchn_upcall_pending = 1, wakes                any pending bit? then do not sleep
 *
 * An event whose bit we do not see sets it after our look, and finds the other two 0.
 *
 * Deadlines are the vCPU's one-shot timer, whose event is VIRQ_TIMER. It stays set when we wake for
 * another reason, for the next deadline is mostly the same; at worst it wakes us early.
 */
#include <string.h>

#include "hypercall/hvm.h"
#include "hypercall/hypercall.h"
#include "hypercall/shared.h"
#include "unikernel/arch/x86/hvm/hvm.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/time.h"
#include "unikernel/core/vcpu.h"

/* Xen takes a longer one (13 days, in fact) for a mistake. */
#define TIMER_MAX (3600 * TIME_S)

static uint64_t timer_ns = TIME_FOREVER; /* what the one-shot timer is set to */

static void timer_came(evtchn_port_t port, void *arg)
{
	(void)port, (void)arg;
	timer_ns = TIME_FOREVER;
}

static void timer_needed(uint64_t deadline_ns)
{
	uint64_t latest_ns;

	if (deadline_ns >= timer_ns)
		return;
	latest_ns = time_monotonic_ns() + TIMER_MAX;
	if (deadline_ns > latest_ns)
		deadline_ns = latest_ns;
	timer_ns = deadline_ns;
	hypercall_set_timer(deadline_ns);
}

static bool any_pending(const evtchn_port_t *ports, size_t count)
{
	const xen_ulong_t *pending = arch_shared_info()->evtchn_pending;

	for (size_t i = 0; i < count; i++)
		if (access_once(pending[ports[i] / 64]) >> ports[i] % 64 & 1)
			return true;
	return false;
}

void hvm_sleep_init(void)
{
	evtchn_port_t port;

	if (evtchn_bind_virq(VIRQ_TIMER, timer_came, NULL, &port))
		panic("VIRQ_TIMER cannot be bound");
	memset(arch_shared_info()->evtchn_mask, 0, sizeof(arch_shared_info()->evtchn_mask));
}

void hvm_sleep(evtchn_port_t *ports, size_t count, uint64_t deadline_ns)
{
	struct vcpu_info *info = boot_vcpu.info;

	timer_needed(deadline_ns);
	store_release(&info->evtchn_upcall_pending, 0);
	__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (!any_pending(ports, count))
		hvm_halt();
}
