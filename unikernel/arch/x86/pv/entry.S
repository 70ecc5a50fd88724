/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a PV guest begins, and where Xen delivers its exceptions.
 */
#include <xen/elfnote.h>

/* --- the notes by which Xen and libxenguest know the image ------------------------------- */

.macro note type, value:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\value
2:	.balign 4
	.popsection
.endm

note XEN_ELFNOTE_GUEST_OS, .asciz "Lodger"
note XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
note XEN_ELFNOTE_LOADER, .asciz "generic"
note XEN_ELFNOTE_PAE_MODE, .asciz "yes"
note XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
note XEN_ELFNOTE_VIRT_BASE, .quad 0
note XEN_ELFNOTE_PADDR_OFFSET, .quad 0
note XEN_ELFNOTE_ENTRY, .quad pv_entry

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
.macro trap vector, error=0
	.globl pv_trap_\vector
	.type pv_trap_\vector, @function
pv_trap_\vector:
	pop	%rcx
	pop	%r11
	.if !\error
	push	$0
	.endif
	push	$\vector
	jmp	pv_trap_common
	.size pv_trap_\vector, . - pv_trap_\vector
.endm

	.text
	trap 0
	trap 1
	trap 3
	trap 4
	trap 5
	trap 6
	trap 7
	trap 10, error=1
	trap 11, error=1
	trap 12, error=1
	trap 13, error=1
	trap 14, error=1
	trap 16
	trap 17, error=1
	trap 19

	.type pv_trap_common, @function
pv_trap_common:
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
	and	$-16, %rsp
	cld
	call	pv_trap				/* every exception is a panic: no way back */
	ud2
	.size pv_trap_common, . - pv_trap_common

	.section .note.GNU-stack, "", @progbits
