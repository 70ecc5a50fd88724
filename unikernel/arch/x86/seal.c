/* SPDX-License-Identifier: BSD-2-Clause */
/* W^X, page by page: the same map in every mode (docs/memory-map.md). */
#include "unikernel/arch/x86/pagetable.h"

static bool within(uintptr_t va, const void *start, const void *end)
{
	return va >= (uintptr_t)start && va < (uintptr_t)end;
}

uint64_t pte_sealed(uintptr_t va, uint64_t entry)
{
	if (va < ARCH_NULL_GUARD_PAGES << PAGE_SHIFT || va == (uintptr_t)boot_stack_guard)
		return 0;
	if (within(va, image_text, image_text_end))
		return entry & ~PTE_WRITE;
	if (within(va, image_rodata, image_rodata_end))
		return (entry & ~PTE_WRITE) | PTE_NX;
	return entry | PTE_NX;
}
