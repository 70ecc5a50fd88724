/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything here must work when little else does: no heap, no libc, no other thread. A fault
 * within a panic ends the domain without further words.
 */
#include "unikernel/core/panic.h"

#include <stdarg.h>
#include <stdbool.h>

#include "hypercall/hypercall.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/console.h"
#include "unikernel/core/format.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/symbol.h"
#include "unikernel/core/thread.h"

#define BACKTRACE_MAX 32

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
	char line[256];
	va_list args;
	int length;

	va_start(args, fmt);
	length = vformat(line, sizeof(line), fmt, args);
	va_end(args);
	console_write_nowait(line, length < (int)sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

static void panic_begin(const char *what)
{
	static bool panicking;
	const struct thread *self = thread_current();

	if (panicking)
		hypercall_sched_shutdown(SHUTDOWN_crash);
	panicking = true;
	say("\nlodger: panic: %s\n", what);
	if (self)
		say("thread %s, stack %p–%p\n", self->name, (void *)self->stack,
		    (void *)(self->stack + self->stack_bytes));
}

static void say_pc(uintptr_t pc)
{
	uintptr_t offset;
	const char *name = symbol_name(pc, &offset);

	if (name)
		say("  0x%zx %s+0x%zx\n", (size_t)pc, name, (size_t)offset);
	else
		say("  0x%zx\n", (size_t)pc);
}

/*
 * Follows the saved frame pointers. A frame is believed if it lies in the running thread's stack
 * and above the one before it, so that a damaged stack ends the list and not the panic.
 */
static void backtrace(uintptr_t rbp)
{
	const struct thread *self = thread_current();
	uintptr_t low = (uintptr_t)boot_stack, high = (uintptr_t)boot_stack_end;

	if (self) {
		low = (uintptr_t)self->stack;
		high = low + self->stack_bytes;
	}
	for (int i = 0; i < BACKTRACE_MAX; i++) {
		const struct stack_frame *frame = (const struct stack_frame *)rbp;

		if (rbp < low || rbp > high - sizeof(*frame) || rbp % sizeof(rbp))
			return;
		if (!frame->return_address)
			return;
		/* The call is before the address to return to. */
		say_pc(frame->return_address - 1);
		low = rbp + 1;
		rbp = (uintptr_t)frame->caller;
	}
}

static _Noreturn void panic_end(uintptr_t rbp)
{
	backtrace(rbp);
	kernel_shutdown(SHUTDOWN_crash);
}

void panic(const char *fmt, ...)
{
	char what[200];
	va_list args;

	va_start(args, fmt);
	vformat(what, sizeof(what), fmt, args);
	va_end(args);
	panic_begin(what);
	panic_end((uintptr_t)__builtin_frame_address(0));
}

void panic_trap(const struct trap_frame *f, const char *what)
{
	panic_begin(what);
	say("rip %016lx  rsp %016lx  rflags %08lx  vector %lu  error %lx\n", f->rip, f->rsp,
	    f->rflags, f->vector, f->error);
	say("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
	say("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
	say("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
	say("r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
	say_pc(f->rip);
	panic_end(f->rbp);
}
