/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * setjmp() and longjmp(): newlib 3.3.0's longjmp(buf, 0) makes setjmp() return 0 a second time.
 *
 * jmp_buf holds what the ABI lets a function expect unchanged after a call, and the way back:
 *
 *	0 rbx   8 rbp   16 r12   24 r13   32 r14   40 r15   48 rsp after return   56 rip
 *
 * The control words of x87 and SSE are the thread's, not the frame's, and nothing here changes them.
 */
	.text
	.globl setjmp
	.type setjmp, @function
setjmp:
	movq %rbx, 0(%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	xorl %eax, %eax
	ret
	.size setjmp, . - setjmp

	.globl longjmp
	.type longjmp, @function
longjmp:
	movl %esi, %eax
	testl %eax, %eax
	jnz 1f
	incl %eax
1:	movq 0(%rdi), %rbx
	movq 8(%rdi), %rbp
	movq 16(%rdi), %r12
	movq 24(%rdi), %r13
	movq 32(%rdi), %r14
	movq 40(%rdi), %r15
	movq 48(%rdi), %rsp
	jmp *56(%rdi)
	.size longjmp, . - longjmp

	.section .note.GNU-stack, "", @progbits
