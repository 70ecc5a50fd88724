/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the processor delivers exceptions: no hypervisor in between, so the frame is the
 * processor's own, on the exception stack (traps.c).
 */
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
 * The processor's sleep (sleep.c), and the interrupt that ends it: interrupts are on nowhere else. What it
 * finds is left with interrupts off, and behind hlt. It should not come before that, which is what sti
 * sees to, nor twice; but where Xen itself runs in a virtual machine it was seen to do both, and
 * to Xen, hlt without interrupts is the end of the domain. So it is taken on the stack that is there.
 */
	.globl hvm_halt
	.type hvm_halt, @function
hvm_halt:
	sti
halt:	hlt
	cli
	ret
	.size hvm_halt, . - hvm_halt

	.globl hvm_upcall
	.type hvm_upcall, @function
hvm_upcall:
	cmpq	$halt, (%rsp)
	jne	1f
	incq	(%rsp)		/* hlt is one byte */
1:	andl	$~FLAGS_IF, 16(%rsp)
	iretq
	.size hvm_upcall, . - hvm_upcall

	.section .note.GNU-stack, "", @progbits
