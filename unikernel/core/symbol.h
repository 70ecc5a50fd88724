/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of the functions in this image, for backtraces. The table is made from the linked image
 * by unikernel/symbols.sh and linked in by a second pass.
 */
#ifndef LODGER_CORE_SYMBOL_H
#define LODGER_CORE_SYMBOL_H

#include <stdint.h>

/* The function that holds pc and how far in; NULL if pc is not in the text. */
const char *symbol_name(uintptr_t pc, uintptr_t *offset);

#endif
