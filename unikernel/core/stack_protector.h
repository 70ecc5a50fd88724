/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiler puts __stack_chk_guard below the return address of every function with an array and
 * compares it on the way out. Its value must be one that an attacker on the network cannot guess.
 */
#ifndef LODGER_CORE_STACK_PROTECTOR_H
#define LODGER_CORE_STACK_PROTECTOR_H

#include <stdint.h>

/* seed: anything that differs from boot to boot. The caller must not be protected itself. */
void stack_protector_init(uint64_t seed);

#endif
