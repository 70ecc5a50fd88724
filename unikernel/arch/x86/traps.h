/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The exceptions that are told apart: X(vector, name, pushes an error code). Read by C and by the
 * assembler.
 */
#ifndef LODGER_ARCH_X86_TRAPS_H
#define LODGER_ARCH_X86_TRAPS_H

#define TRAPS(X)                             \
	X(0, "divide error", 0)              \
	X(1, "debug", 0)                     \
	X(2, "NMI", 0)                       \
	X(3, "breakpoint", 0)                \
	X(4, "overflow", 0)                  \
	X(5, "bound range exceeded", 0)      \
	X(6, "invalid opcode", 0)            \
	X(7, "device not available", 0)      \
	X(8, "double fault", 1)              \
	X(10, "invalid TSS", 1)              \
	X(11, "segment not present", 1)      \
	X(12, "stack fault", 1)              \
	X(13, "general protection fault", 1) \
	X(14, "page fault", 1)               \
	X(16, "x87 floating point error", 0) \
	X(17, "alignment check", 1)          \
	X(18, "machine check", 0)            \
	X(19, "SIMD floating point error", 0)

#endif
