/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start of a PV guest in C. Four hypercalls lead from here to boot(), in a domain of up to a few
 * hundred MiB: two mmu_updates seal the page tables, an update_va_mapping maps shared_info and
 * flushes the TLB, and a set_trap_table registers the exceptions.
 */
#include "unikernel/arch/x86/pv/pv.h"

#include "unikernel/core/boot.h"
#include "unikernel/core/console.h"
#include "unikernel/core/stack_protector.h"
#include "unikernel/core/vcpu.h"

static void console_and_store(const struct start_info *start)
{
	/* dom0 finds no ring page here: its console is Xen's own, and it would be the store. */
	boot_info.dom0 = start->flags & SIF_INITDOMAIN;
	if (boot_info.dom0)
		return;
	boot_info.console = pv_mfn_to_va(start->console.domU.mfn);
	boot_info.console_port = start->console.domU.evtchn;
	boot_info.store = pv_mfn_to_va(start->store_mfn);
	boot_info.store_port = start->store_evtchn;
}

__attribute__((no_stack_protector)) _Noreturn void
pv_start(const struct start_info *start, uint64_t first_tsc, uintptr_t bootstrap_end)
{
	boot_vcpu.info = &arch_shared_info()->vcpu_info[0];
	boot_info.mode = "PV";
	boot_info.first_tsc = first_tsc;
	boot_info.command_line = (const char *)start->cmd_line;
	console_and_store(start);
	console_init();
	stack_protector_init(first_tsc);
	pv_memory_init(start, bootstrap_end);
	pv_traps_init();
	boot();
}
