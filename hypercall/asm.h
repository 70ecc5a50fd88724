/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one instruction that everything else stands on.
 *
 * A PV guest calls Xen with `syscall`: number in rax, arguments in rdi rsi rdx r10 r8, result in
 * rax; the instruction itself destroys rcx and r11, and Xen may destroy the argument registers.
 * (The hypercall page, which once hid this, is not asked for: see XSA-466.)
 *
 * Under HVM and PVH the same registers go with `vmcall` or `vmmcall`, which are one byte longer.
 * So every site is `syscall` and a one-byte `nop`, and its address is recorded in the section
 * .hypercall_sites: a mode that needs the other instruction rewrites the sites, before the text
 * is sealed read-only. The record is linked to its function ("o" flag) so that --gc-sections drops
 * both or neither.
 *
 * This file and unikernel/arch are all that the host tests replace (tests/unit/seam).
 */
#ifndef LODGER_HYPERCALL_ASM_H
#define LODGER_HYPERCALL_ASM_H

/* Returns what Xen left in rax: for most calls 0 or more, or a negated XEN_E* number. */
static inline long hypercall5(unsigned int op, unsigned long a1, unsigned long a2, unsigned long a3,
			      unsigned long a4, unsigned long a5)
{
	long result = (long)op;
	register unsigned long r10 __asm__("r10") = a4;
	register unsigned long r8 __asm__("r8") = a5;

	__asm__ volatile(".Lhypercall_%=: syscall\n\t"
			 "nop\n\t"
			 ".pushsection .hypercall_sites, \"ao\", @progbits, .Lhypercall_%=\n\t"
			 ".long .Lhypercall_%=\n\t"
			 ".popsection"
			 : "+a"(result), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
			 :
			 : "rcx", "r11", "memory");
	return result;
}

#endif
