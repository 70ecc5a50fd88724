/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a PV guest begins, and where Xen delivers its exceptions.
 */
#include "unikernel/arch/x86/traps.h"

#include <xen/xen.h>

/* --- the first instruction --------------------------------------------------------------- */

/*
 * Xen starts us in 64-bit mode, in what it calls kernel mode (ring 3, as everything of a PV guest),
 * with rsi = struct start_info and rsp = the end of a stack of one page, the last thing that the
 * domain builder put into memory. We move to our own, which has a guard page.
 */
	.section .text.entry, "ax"
	.globl pv_entry
	.type pv_entry, @function
pv_entry:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rsi, %rdi			/* start_info */
	mov	%rax, %rsi			/* the time of the first instruction */
	mov	%rsp, %rdx			/* the end of the bootstrap area */
	mov	$boot_stack_end, %rsp
	xor	%ebp, %ebp			/* a backtrace ends here */
	cld
	call	pv_start
	ud2
	.size pv_entry, . - pv_entry

/* --- exceptions -------------------------------------------------------------------------- */

/*
 * A processor in ring 0 pushes five words, or six with an error code. Xen takes the exception in
 * our place and then makes us find them with two more on top, as if we had been called by the
 * `syscall` instruction, which destroys rcx and r11:
 *
 *	the processor's frame            Xen's frame
 *	     ss                               ss
 *	     rsp                              rsp
 *	     rflags                           rflags
 *	     cs                               cs      (bits 32–39: the upcall mask, saved)
 *	     rip                              rip
 *	     error code (some)  <- rsp        error code (some)
 *	                                      r11
 *	                                      rcx     <- rsp
 *
 * It is pushed on the running stack: PV has no IST. When the running stack is what overflowed,
 * there is no room for it either, and Xen ends the domain with a message of its own; a touch of
 * the guard page from farther up is reported by us.
 */
.macro trap vector, error
	.globl pv_trap_\vector
	.type pv_trap_\vector, @function
pv_trap_\vector:
	pop	%rcx
	pop	%r11
	.if !\error
	push	$0
	.endif
	push	$\vector
	jmp	trap_common
	.size pv_trap_\vector, . - pv_trap_\vector
.endm

	.text
#define STUB(vector, name, error) trap vector, error;
TRAPS(STUB)

/*
 * Back to what was interrupted: by hypercall, for rflags and the stack are Xen's to load. It wants
 * struct iret_context (xen/arch-x86/xen-x86_64.h): the processor's frame, and on top of it
 *
 *	flags (0: all registers)
 *	rcx
 *	r11
 *	rax				<- rsp
 */
	.globl pv_trap_return
	.type pv_trap_return, @function
pv_trap_return:
	push	$0
	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2
	.size pv_trap_return, . - pv_trap_return

	.section .note.GNU-stack, "", @progbits
