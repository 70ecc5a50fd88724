/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What differs between the modes, and nothing else: for each name here there is an arch_name() in
 * arch.h, which says what it does, a pv_name() under pv/ and an hvm_name() under hvm/, the latter
 * for HVM and PVH alike. If either side is missing no image links (mode.S).
 *
 * Read by C and by the assembler.
 */
#ifndef LODGER_ARCH_X86_MODE_H
#define LODGER_ARCH_X86_MODE_H

#define MODE_FUNCTIONS(X)   \
	X(va_to_gfn)        \
	X(map_chunk)        \
	X(protect)          \
	X(map_gnttab_frame) \
	X(fault_address)    \
	X(trap_return)      \
	X(sleep_init)       \
	X(sleep)

#endif
