/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mode is found out once, at boot, and never asked for again: each arch_name() is a jump, to
 * pv_name() as it stands in the file. hvm/start.c, when it is what runs, turns every jump towards
 * hvm_name(), before the text is sealed read-only.
 *
 *	arch_name:	e9 xx xx xx xx		jmp pv_name		.mode_functions:
 *			   └─ distance from the next instruction	arch_name, hvm_name
 */
#include "unikernel/arch/x86/mode.h"

.macro mode_function name
	.pushsection .text.mode, "ax"
	.globl arch_\name
	.type arch_\name, @function
arch_\name:
	.byte	0xe9				/* spelled out: an assembler might take a shorter one */
	.long	pv_\name - . - 4
	.size arch_\name, . - arch_\name
	.popsection
	.pushsection .mode_functions, "a"
	.long	arch_\name, hvm_\name
	.popsection
.endm

#define MODE_FUNCTION(name) mode_function name;
MODE_FUNCTIONS(MODE_FUNCTION)

	.section .note.GNU-stack, "", @progbits
