/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before hypercall/asm.h on the include path of the host tests: the same primitive, answered
 * by the fake Xen instead of the real one.
 */
#ifndef LODGER_HYPERCALL_ASM_H
#define LODGER_HYPERCALL_ASM_H

long fake_hypercall(unsigned int op, unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5);

static inline long hypercall5(unsigned int op, unsigned long a1, unsigned long a2, unsigned long a3,
			      unsigned long a4, unsigned long a5)
{
	return fake_hypercall(op, a1, a2, a3, a4, a5);
}

#endif
