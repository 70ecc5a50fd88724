/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the processor reads in a page table (AMD64 Architecture Programmer's Manual, vol. 2, 5.3), the
 * same whoever owns the tables: in PV they are the machine's own and entries hold machine frames;
 * in HVM and PVH they are ours alone, entries hold guest frames, and the processor translates once
 * more through Xen's.
 */
#ifndef LODGER_ARCH_X86_PAGETABLE_H
#define LODGER_ARCH_X86_PAGETABLE_H

#include <stdint.h>

#include "unikernel/arch/x86/arch.h"

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITE    (1ull << 1)
#define PTE_USER     (1ull << 2)
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7) /* in an L2 entry: 2 MiB, in an L3 entry: 1 GiB; no table below */
#define PTE_NX	     (1ull << 63)
#define PTE_FRAME    0x000ffffffffff000ull

#define PTE_ENTRIES  512u /* of a table of any level */

#define CHUNK_BYTES  ((uintptr_t)ARCH_CHUNK_PAGES << PAGE_SHIFT) /* what an L2 entry spans */

/* The index of va in a table of this level, 1 … 4. */
static inline unsigned int pte_index(uintptr_t va, unsigned int level)
{
	return (unsigned int)(va >> (12 + 9 * (level - 1))) % PTE_ENTRIES;
}

static inline uint64_t pte_make(xen_pfn_t frame, uint64_t flags)
{
	return (uint64_t)frame << PAGE_SHIFT | flags;
}

static inline xen_pfn_t pte_frame(uint64_t pte)
{
	return (pte & PTE_FRAME) >> PAGE_SHIFT;
}

/* cpu.c: whether an L3 entry may be PTE_LARGE. */
bool cpu_has_1gib_pages(void);

/*
 * What the entry of a writable and executable page becomes when the guest is sealed, by what lies
 * there: text r-x, rodata r--, nothing where the guards are, all else rw- and not executable.
 */
uint64_t pte_sealed(uintptr_t va, uint64_t entry);

#endif
