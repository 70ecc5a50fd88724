/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of pv/. */
#ifndef LODGER_ARCH_X86_PV_PV_H
#define LODGER_ARCH_X86_PV_PV_H

#include <stdint.h>

#include <xen/xen.h>

#include "unikernel/arch/x86/arch.h"

/* From entry.S; see there for the arguments. */
_Noreturn void pv_start(const struct start_info *start, uint64_t first_tsc,
			uintptr_t bootstrap_end);

/* Page tables, and what is free: memory.c. bootstrap_end: where the domain builder stopped. */
void pv_memory_init(const struct start_info *start, uintptr_t bootstrap_end);

/* The va of a frame of ours that Xen named by its mfn; only for frames mapped at boot. */
void *pv_mfn_to_va(xen_pfn_t mfn);

/* traps.c */
void pv_traps_init(void);

#endif
