/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions: every one of them is a bug of the guest, and becomes a panic that says which. */
#include "unikernel/arch/x86/pv/pv.h"

#include "hypercall/pv.h"
#include "hypercall/shared.h"
#include "unikernel/core/format.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"

#define TRAPS(X)                          \
	X(0, "divide error")              \
	X(1, "debug")                     \
	X(3, "breakpoint")                \
	X(4, "overflow")                  \
	X(5, "bound range exceeded")      \
	X(6, "invalid opcode")            \
	X(7, "device not available")      \
	X(10, "invalid TSS")              \
	X(11, "segment not present")      \
	X(12, "stack fault")              \
	X(13, "general protection fault") \
	X(14, "page fault")               \
	X(16, "x87 floating point error") \
	X(17, "alignment check")          \
	X(19, "SIMD floating point error")

#define DECLARE(vector, name) extern void pv_trap_##vector(void);
TRAPS(DECLARE)

static const char *const trap_names[] = {
#define NAME(vector, name) [vector] = (name),
	TRAPS(NAME)};

#define PAGE_FAULT	      14
#define PAGE_FAULT_PROTECTION (1u << 0)
#define PAGE_FAULT_WRITE      (1u << 1)
#define PAGE_FAULT_FETCH      (1u << 4)

#define NULL_GUARD_END	      0x10000

static const char *page_fault_kind(uintptr_t va)
{
	if (va < NULL_GUARD_END)
		return " (NULL pointer)";
	if (va >= (uintptr_t)image_text && va < (uintptr_t)image_text_end)
		return " (text)";
	if (va >= (uintptr_t)image_rodata && va < (uintptr_t)image_rodata_end)
		return " (read-only data)";
	return "";
}

static void page_fault_describe(char *buf, size_t size, const struct trap_frame *frame)
{
	/* In PV the processor's cr2 is Xen's; ours is in the page that it shares with us. */
	uintptr_t va = access_once(arch_shared_info()->vcpu_info[0].arch.cr2);
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

_Noreturn void pv_trap(const struct trap_frame *frame)
{
	char what[128];

	if (frame->vector == PAGE_FAULT)
		page_fault_describe(what, sizeof(what), frame);
	else
		format(what, sizeof(what), "%s (error code 0x%x)", trap_names[frame->vector],
		       (unsigned int)frame->error);
	panic_trap(frame, what);
}

/*
 * Event delivery is off while a handler runs (it is off anyway), and the kernel may enter by an
 * instruction: int3 is a breakpoint then, not a general protection fault.
 */
#define TI_MASK_EVENTS	  4
#define TI_KERNEL_MAY_INT 1

void pv_traps_init(void)
{
	static const struct trap_info traps[] = {
#define ENTRY(number, name)                           \
	{.vector = (number),                          \
	 .flags = TI_MASK_EVENTS | TI_KERNEL_MAY_INT, \
	 .cs = FLAT_KERNEL_CS,                        \
	 .address = (unsigned long)pv_trap_##number},
		TRAPS(ENTRY){.address = 0},
	};

	if (hypercall_set_trap_table(traps))
		panic("Xen does not take the trap table");
}
