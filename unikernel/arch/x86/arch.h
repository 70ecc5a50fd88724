/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that the kernel asks of the machine. The first part differs between the modes: each
 * function has one side in pv/ and one in hvm/ (mode.h). The second is the same for all.
 *
 * In every mode memory is mapped at its pseudo-physical address: va == pfn << 12. What differs is
 * the step from there to what Xen calls the frame, the gfn: none in HVM and PVH, the p2m list in
 * PV. A mode calls boot() (core/boot.h) when it has filled boot_info, called page_init() and
 * page_add(), mapped shared_info and set boot_vcpu.info.
 */
#ifndef LODGER_ARCH_X86_ARCH_H
#define LODGER_ARCH_X86_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>

#include "unikernel/arch/x86/mode.h"
#include "unikernel/core/page.h"

/* --- one side for each mode -------------------------------------------------------------- */

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

/*
 * Makes a run of one page or more, mapped by arch_map_chunk() or at boot, out of reach (a guard, say),
 * readable, or readable and writable: never executable. The whole run is one batch. 0; -ENOMEM if
 * a page for a table is wanted and there is none, with no page changed.
 */
enum arch_access { ARCH_NONE, ARCH_READ, ARCH_WRITE };
int arch_protect(void *pages, size_t count, enum arch_access access);

/*
 * Makes frame `index` of the grant table appear at the page, which is given up. 0, or a negative errno;
 * after all but -ENOTRECOVERABLE the page is as it was.
 */
int arch_map_gnttab_frame(unsigned int index, void *page);

/*
 * Sleeps until an event is pending on one of these ports, at once if one is already, or until system time
 * timeout_ns; 0 is no timeout. May return early.
 */
void arch_sleep(const evtchn_port_t *ports, size_t count, uint64_t timeout_ns);

/* Before the first port: which ports are masked, as arch_sleep wants it. */
void arch_sleep_init(void);

/* In a page fault, before anything else can fault: what was touched. */
uintptr_t arch_fault_address(void);

/* Not to be called: the end of trap.S, on to what the exception interrupted. */
void arch_trap_return(void);

#define MODE_DECLARE(name) extern __typeof__(arch_##name) pv_##name, hvm_##name;
MODE_FUNCTIONS(MODE_DECLARE)

/* --- the same in all modes --------------------------------------------------------------- */

/* The page that Xen shares with the domain, mapped before boot(). */
struct shared_info *arch_shared_info(void);

/* Pages at the bottom that are never mapped, so that a NULL pointer faults. */
#define ARCH_NULL_GUARD_PAGES 16

/* The start of the pieces of the image, from the linker (image.lds). */
extern const char image_start[], image_text[], image_text_end[], image_rodata[], image_rodata_end[],
	image_data[], image_data_end[], image_end[];

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

/* From trap.S, with every exception. */
void arch_trap(const struct trap_frame *frame);

/*
 * For a program that expects page faults: called with each; true: the interrupted instruction is
 * tried again, false: panic. Vector registers are not saved, so the access that may fault must be
 * in a function of its own, where none is live.
 */
extern bool (*arch_trap_fixup)(const struct trap_frame *frame, uintptr_t fault_address);

/* A frame as every function pushes it (-fno-omit-frame-pointer): the chain of a backtrace. */
struct stack_frame {
	const struct stack_frame *caller;
	uintptr_t return_address;
};

#endif
