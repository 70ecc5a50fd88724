/* SPDX-License-Identifier: BSD-2-Clause */
/* arch_switch(save_sp, next_sp) for a process: what the ABI lets a function change is not kept. */
	.text
	.globl	arch_switch
	.type	arch_switch, @function
arch_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	%rsi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	arch_switch, . - arch_switch
	.section .note.GNU-stack, "", @progbits
