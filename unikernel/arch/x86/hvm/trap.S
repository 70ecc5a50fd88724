/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the processor delivers exceptions: no hypervisor in between, so the frame is the
 * processor's own, on the exception stack (traps.c).
 */
#include <xen/xen.h>

#include "unikernel/arch/x86/traps.h"

#define FLAGS_IF 0x200

.macro trap vector, error
	.globl hvm_trap_\vector
	.type hvm_trap_\vector, @function
hvm_trap_\vector:
	.if !\error
	push	$0
	.endif
	push	$\vector
	jmp	trap_common
	.size hvm_trap_\vector, . - hvm_trap_\vector
.endm

	.text
#define STUB(vector, name, error) trap vector, error;
TRAPS(STUB)

	.globl hvm_trap_return
	.type hvm_trap_return, @function
hvm_trap_return:
	iretq
	.size hvm_trap_return, . - hvm_trap_return

/*
 * The sleep of sleep.c, and the interrupt that ends it: interrupts are on nowhere else. `sti` holds them off
 * for one instruction more, and Xen would take that for off, hence the nop. One that comes
 * before the call has ended the sleep; one that comes after it, as most do, finds the call done. Both go
 * on behind it, with interrupts off.
 *
 * Under an emulator one was seen to come twice, the second time anywhere (docs/decisions.md, 39). So it is
 * taken on the stack that is there, and leaves all but the flag as it was.
 */
	.globl hvm_sched_op
	.type hvm_sched_op, @function
hvm_sched_op:
	mov	$__HYPERVISOR_sched_op, %eax
	sti
.Lwindow:
	nop
.Lcall:
	syscall				/* a hypercall site: hypercall/asm.h */
	nop
	.pushsection .hypercall_sites, "ao", @progbits, .Lcall
	.long	.Lcall
	.popsection
.Lbehind:
	cli
	ret
	.size hvm_sched_op, . - hvm_sched_op

	.globl hvm_upcall
	.type hvm_upcall, @function
hvm_upcall:
	cmpq	$.Lwindow, (%rsp)
	jb	1f
	cmpq	$.Lbehind, (%rsp)
	jae	1f
	movq	$.Lbehind, (%rsp)
1:	andl	$~FLAGS_IF, 16(%rsp)
	iretq
	.size hvm_upcall, . - hvm_upcall

	.section .note.GNU-stack, "", @progbits
