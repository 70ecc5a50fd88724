/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PV page tables. They are the machine's own, so entries hold machine frame numbers:
 *
 *	  va = pfn << 12                                 m2p: Xen's array, read-only for us, at
 *	      |                                               HYPERVISOR_VIRT_START; indexed by mfn
 *	     pfn --- p2m: our list, from start_info --> mfn
 *	         <-- m2p -----------------------------
 *
 * Every table is a page of ours and mapped in our own address space, but read-only: Xen counts for
 * each frame whether it is a table or writable, and never lets it be both. We read tables as
 * memory, build new ones as memory before they are tables, and change them by hypercall.
 */
#ifndef LODGER_ARCH_X86_PV_PAGETABLE_H
#define LODGER_ARCH_X86_PV_PAGETABLE_H

#include <stdint.h>

#include <xen/xen.h>

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITE    (1ull << 1)
#define PTE_USER     (1ull << 2) /* a PV kernel runs in ring 3 */
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_NX	     (1ull << 63)
#define PTE_MFN	     0x000ffffffffff000ull

#define PTE_TABLE    (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY) /* L2 and up */
#define PTE_RO	     (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_NX)
#define PTE_RW	     (PTE_RO | PTE_WRITE | PTE_DIRTY)

#define PTE_ENTRIES  512u /* of a table of any level */

/* The index of va in a table of this level, 1 … 4. */
static inline unsigned int pte_index(uintptr_t va, unsigned int level)
{
	return (unsigned int)(va >> (12 + 9 * (level - 1))) % PTE_ENTRIES;
}

static inline uint64_t pte_make(xen_pfn_t mfn, uint64_t flags)
{
	return (uint64_t)mfn << 12 | flags;
}

static inline xen_pfn_t pte_mfn(uint64_t pte)
{
	return (pte & PTE_MFN) >> 12;
}

#endif
