/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of hvm/, which serve HVM and PVH alike. */
#ifndef LODGER_ARCH_X86_HVM_HVM_H
#define LODGER_ARCH_X86_HVM_HVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unikernel/arch/x86/arch.h"
#include "unikernel/arch/x86/pagetable.h"

/* From entry.S; see there for the arguments. */
_Noreturn void hvm_start(uint32_t magic, uint32_t info, uint64_t first_tsc);

/* The first tables, which entry.S fills so that the first GiB is mapped: large, rwx, va == pa. */
extern uint64_t hvm_l4[PTE_ENTRIES], hvm_l3[PTE_ENTRIES], hvm_l2[PTE_ENTRIES];

/* Eight bytes an entry: null, code, data, and two for the task state (traps.c). */
extern uint64_t hvm_gdt[5];
#define HVM_GDT_CODE  0x08
#define HVM_GDT_STATE 0x18

/* The interrupt that ends a sleep, sleep.c: the first behind those that the processor has for itself. */
#define HVM_VECTOR_UPCALL 32
/* trap.S: sched_op with interrupts on, unless one comes before. */
void hvm_sched_op(unsigned long op, unsigned long argument);

/* patch.c: hypercalls by vmcall or vmmcall, arch_*() by hvm_*(). */
void hvm_patch(void);

/* loader.c: what the loader told; copied, for it lies somewhere in memory that becomes free. */
#define HVM_RAM_MAX 8
struct hvm_ram {
	size_t first, end; /* pages [first, end), without gaps */
};
extern struct hvm_ram hvm_ram[HVM_RAM_MAX];
extern size_t hvm_ram_count;

void hvm_loader_read(uint32_t magic, uint32_t info);

/* device_model.c: true if there is one; its disks and network cards are unplugged, its timer off. */
bool hvm_device_model_leave(void);

/* memory.c. Copies from anywhere below 4 GiB and beyond; before hvm_memory_init(). */
void hvm_physical_read(void *to, uint64_t from, size_t len);
/* Maps a page that is not memory of the domain's own, rw-. */
void *hvm_map_special(xen_pfn_t gfn);
void hvm_memory_init(void);

/* traps.c */
void hvm_traps_init(void);

#endif
