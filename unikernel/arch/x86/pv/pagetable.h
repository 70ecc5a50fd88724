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

#include "unikernel/arch/x86/pagetable.h"

/* A PV kernel runs in ring 3, and is a user to the processor. */
#define PTE_TABLE (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY) /* L2 and up */
#define PTE_RO	  (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_NX)
#define PTE_RW	  (PTE_RO | PTE_WRITE | PTE_DIRTY)

#endif
