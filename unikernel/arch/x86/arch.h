/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that the kernel asks of the machine. The first part is provided once by each mode, in
 * pv/ (and, when it comes, hvm/); the second by unikernel/arch/x86 for all modes.
 *
 * In every mode memory is mapped at its pseudo-physical address: va == pfn << 12. What differs is
 * the step from there to what Xen calls the frame, the gfn: none in HVM and PVH, the p2m list in
 * PV. A mode calls boot() (core/boot.h) when it has filled boot_info, called page_init() and
 * page_add(), and mapped shared_info.
 */
#ifndef LODGER_ARCH_X86_ARCH_H
#define LODGER_ARCH_X86_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include "unikernel/core/page.h"

/* --- provided by each mode --------------------------------------------------------------- */

/* The page that Xen shares with the domain, mapped before boot(). */
extern struct shared_info *arch_shared_info(void);

/* The frame number for Xen of the page that holds va. */
xen_pfn_t arch_va_to_gfn(const void *va);

/*
 * Maps pages [pfn, pfn + count), none of them mapped so far and all in one aligned chunk of
 * 2 MiB, readable, writable and not executable. Takes pages for tables from page_for_table(), at
 * most ARCH_CHUNK_TABLES. 0 or a negative errno.
 */
#define ARCH_CHUNK_PAGES  512
#define ARCH_CHUNK_TABLES 3
int arch_map_chunk(size_t pfn, size_t count);

/* Takes a mapped page out of the address space (a guard), and puts it back. */
void arch_unmap_page(void *page);
void arch_remap_page(void *page);

/* Makes frame `index` of the grant table appear at the page, which is given up. 0 or -errno. */
int arch_map_gnttab_frame(unsigned int index, void *page);

/* --- the same in all modes --------------------------------------------------------------- */

/* The start of the pieces of the image, from the linker (image.lds). */
extern const char image_start[], image_text[], image_text_end[], image_rodata[], image_rodata_end[],
	image_data[], image_end[];

/* The main thread's stack, with its guard page below: [boot_stack_guard, +4 KiB, boot_stack_end) */
extern char boot_stack_guard[], boot_stack[], boot_stack_end[];

/* Saves the running thread at *save_sp and goes on with the one saved at next_sp. */
void arch_switch(void **save_sp, void *next_sp);

/* What arch_switch() needs to find, to begin entry() on the stack that ends at top. */
void *arch_stack_prepare(void *top, void (*entry)(void));

/* The processor's counter. */
static inline uint64_t arch_tsc(void)
{
	return __builtin_ia32_rdtsc();
}

/* 64 bits from the processor's generator; false if it has none. */
bool arch_random(uint64_t *value);

/* The registers of a trap, as entry.S pushed them, and what Xen or the processor pushed before. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

/* A frame as every function pushes it (-fno-omit-frame-pointer): the chain of a backtrace. */
struct stack_frame {
	const struct stack_frame *caller;
	uintptr_t return_address;
};

#endif
