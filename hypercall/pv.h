/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercalls that exist for PV alone: there the guest runs on the machine's own page tables,
 * which it reads but may only change through Xen, and Xen delivers its exceptions.
 */
#ifndef LODGER_HYPERCALL_PV_H
#define LODGER_HYPERCALL_PV_H

#include <stdint.h>

#include <xen/xen.h>

#include "hypercall/asm.h"

/* traps ends with an entry whose address is 0. */
static inline long hypercall_set_trap_table(const struct trap_info *traps)
{
	return hypercall5(__HYPERVISOR_set_trap_table, (unsigned long)traps, 0, 0, 0, 0);
}

/*
 * Writes count page-table entries of this domain, each named by its machine address. Nothing is
 * flushed. Stops at the first that Xen refuses.
 */
static inline long hypercall_mmu_update(const struct mmu_update *updates, unsigned int count)
{
	return hypercall5(__HYPERVISOR_mmu_update, (unsigned long)updates, count, 0, DOMID_SELF, 0);
}

/* Writes the L1 entry of va; flags: UVMF_*. */
static inline long hypercall_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
	return hypercall5(__HYPERVISOR_update_va_mapping, va, pte, flags, 0, 0);
}

#endif
