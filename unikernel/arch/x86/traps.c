/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions: unless somebody said that he expects it, each is a bug of the guest, and becomes a
 * panic that says which.
 */
#include "unikernel/arch/x86/traps.h"

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/format.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"

static const char *const trap_names[] = {
#define NAME(vector, name, error) [vector] = (name),
	TRAPS(NAME)};

#define PAGE_FAULT	      14
#define PAGE_FAULT_PROTECTION (1u << 0)
#define PAGE_FAULT_WRITE      (1u << 1)
#define PAGE_FAULT_FETCH      (1u << 4)

bool (*arch_trap_fixup)(const struct trap_frame *frame, uintptr_t fault_address);

static const char *page_fault_kind(uintptr_t va)
{
	if (va < ARCH_NULL_GUARD_PAGES << PAGE_SHIFT)
		return " (NULL pointer)";
	if (va >= (uintptr_t)image_text && va < (uintptr_t)image_text_end)
		return " (text)";
	if (va >= (uintptr_t)image_rodata && va < (uintptr_t)image_rodata_end)
		return " (read-only data)";
	return "";
}

static void page_fault_describe(char *buf, size_t size, const struct trap_frame *frame)
{
	uintptr_t va = arch_fault_address();
	const struct thread *overflowed = thread_by_guard(va);
	const char *what = frame->error & PAGE_FAULT_FETCH   ? "execute"
			   : frame->error & PAGE_FAULT_WRITE ? "write"
							     : "read";
	const char *why = frame->error & PAGE_FAULT_PROTECTION ? "not allowed" : "not mapped";

	if (overflowed)
		format(buf, size, "page fault: %s at %p: guard page of the stack of thread %s",
		       what, (void *)va, overflowed->name);
	else
		format(buf, size, "page fault: %s at %p: %s%s", what, (void *)va, why,
		       page_fault_kind(va));
}

void arch_trap(const struct trap_frame *frame)
{
	char what[128];

	if (frame->vector == PAGE_FAULT && arch_trap_fixup &&
	    arch_trap_fixup(frame, arch_fault_address()))
		return;
	if (frame->vector == PAGE_FAULT)
		page_fault_describe(what, sizeof(what), frame);
	else
		format(what, sizeof(what), "%s (error code 0x%x)", trap_names[frame->vector],
		       (unsigned int)frame->error);
	panic_trap(frame, what);
}
