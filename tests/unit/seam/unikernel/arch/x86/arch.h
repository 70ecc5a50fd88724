/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands before unikernel/arch/x86/arch.h on the include path of the host tests: the same contract,
 * but for the processor's counter, which is the fake's clock.
 */
#ifndef UNIT_SEAM_ARCH_H
#define UNIT_SEAM_ARCH_H

#include <stdint.h>

#define arch_tsc arch_tsc_of_the_machine
#include_next "unikernel/arch/x86/arch.h"
#undef arch_tsc

uint64_t arch_tsc(void);

#endif
