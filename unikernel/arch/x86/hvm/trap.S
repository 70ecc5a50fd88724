/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the processor delivers exceptions: no hypervisor in between, so the frame is the
 * processor's own, on the exception stack (traps.c).
 */
#include "unikernel/arch/x86/traps.h"

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

	.section .note.GNU-stack, "", @progbits
