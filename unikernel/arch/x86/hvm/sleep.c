/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCHEDOP_poll wakes for an event of any port. Its list of ports is for one moment alone: an event that comes
 * after our last look and before Xen has noted that we sleep. That list is dear here, since Xen finds each
 * port through the guest's page tables (some 4,000 instructions). So the list is empty, and interrupts are on
 * for that one call, because then Xen looks at evtchn_upcall_pending before it lets us sleep. Ports are
 * unmasked for that, and there is one vector for them all (HVM_PARAM_CALLBACK_IRQ). Nothing else is ever
 * interrupted:
 *
 *	sti; nop          interrupts are on behind the nop
 *	SCHEDOP_poll      Xen: is evtchn_upcall_pending set? then on; else sleep until it is, or the deadline
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
 */
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "hypercall/shared.h"
#include "unikernel/arch/x86/hvm/hvm.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/vcpu.h"

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
	memset(arch_shared_info()->evtchn_mask, 0, sizeof(arch_shared_info()->evtchn_mask));
}

long hvm_sleep(const evtchn_port_t *ports, size_t count, uint64_t timeout_ns)
{
	struct vcpu_info *info = boot_vcpu.info;
	struct sched_poll poll = {.timeout = timeout_ns};
	long result = 0;

	store_release(&info->evtchn_upcall_pending, 0);
	__atomic_exchange_n(&info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	if (!any_pending(ports, count))
		result = hvm_sched_op(SCHEDOP_poll, hypercall_read(&poll));
	store_release(&info->evtchn_upcall_pending, 0);
	return result;
}
