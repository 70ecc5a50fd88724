/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions of a PV guest: Xen takes them, and delivers them where we say. */
#include "unikernel/arch/x86/traps.h"

#include "hypercall/pv.h"
#include "hypercall/shared.h"
#include "unikernel/arch/x86/pv/pv.h"
#include "unikernel/core/panic.h"

#define DECLARE(vector, name, error) extern void pv_trap_##vector(void);
TRAPS(DECLARE)

/*
 * Event delivery is off while a handler runs (it is off anyway), and the kernel may enter by an
 * instruction: int3 is a breakpoint then, not a general protection fault.
 */
#define TI_MASK_EVENTS	  4
#define TI_KERNEL_MAY_INT 1

void pv_traps_init(void)
{
	static const struct trap_info traps[] = {
#define ENTRY(number, name, error)                    \
	{.vector = (number),                          \
	 .flags = TI_MASK_EVENTS | TI_KERNEL_MAY_INT, \
	 .cs = FLAT_KERNEL_CS,                        \
	 .address = (unsigned long)pv_trap_##number},
		TRAPS(ENTRY){.address = 0},
	};

	if (hypercall_set_trap_table(traps))
		panic("Xen does not take the trap table");
}

/* The processor's cr2 is Xen's; ours is in the page that it shares with us. */
uintptr_t pv_fault_address(void)
{
	return access_once(arch_shared_info()->vcpu_info[0].arch.cr2);
}
