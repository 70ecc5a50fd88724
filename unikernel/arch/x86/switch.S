/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void arch_switch(void **save_sp, void *next_sp)
 *
 * To its caller an ordinary function that takes long to return; so only what the ABI lets a caller
 * keep across a call is saved, on the stack that is being left:
 *
 *	return address of arch_switch
 *	rbp rbx r12 r13 r14 r15
 *	mxcsr (4 bytes), x87 control word (2)   <- *save_sp
 */
	.text
	.globl arch_switch
	.type arch_switch, @function
arch_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	mov	%rsp, (%rdi)

	mov	%rsi, %rsp
	fldcw	4(%rsp)
	ldmxcsr	(%rsp)
	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size arch_switch, . - arch_switch

	.section .note.GNU-stack, "", @progbits
