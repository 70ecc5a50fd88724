/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/symbol.h"

#include <stddef.h>

/* Made by unikernel/symbols.sh: sorted addresses, and for each where its name begins. */
extern const uint32_t symbol_count;
extern const uint32_t symbol_addresses[];
extern const uint32_t symbol_offsets[];
extern const char symbol_strings[];

const char *symbol_name(uintptr_t pc, uintptr_t *offset)
{
	size_t low = 0, high = symbol_count; /* the one sought is in [low, high) */

	if (!high || pc < symbol_addresses[0])
		return NULL;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (symbol_addresses[middle] <= pc)
			low = middle;
		else
			high = middle;
	}
	if (low + 1 == symbol_count) /* the last entry only marks the end of the text */
		return NULL;
	*offset = pc - symbol_addresses[low];
	return symbol_strings + symbol_offsets[low];
}
