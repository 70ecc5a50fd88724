/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the exceptions of every mode meet. A mode's own stub has made the stack look as below; the
 * registers come on top, and struct trap_frame (arch.h) is complete:
 *
 *	ss rsp rflags cs rip		the processor, or Xen in its place
 *	error code
 *	vector				<- rsp
 *
 * arch_trap() returns only if somebody mended what had caused the exception.
 */
	.text
	.globl trap_common
	.type trap_common, @function
trap_common:
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi			/* struct trap_frame */
	mov	%rsp, %rbx
	and	$-16, %rsp
	cld
	call	arch_trap
	mov	%rbx, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp			/* vector and error code */
	jmp	arch_trap_return
	.size trap_common, . - trap_common

	.section .note.GNU-stack, "", @progbits
