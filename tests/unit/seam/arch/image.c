/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a second pass of the linker adds to an image (unikernel/symbols.sh): here a table of three
 * functions in a text that begins at 0x1000, and the image's name.
 */
#include <stdint.h>

extern const uint32_t symbol_count, symbol_addresses[], symbol_offsets[];
extern const char symbol_strings[], image_name[];

const uint32_t symbol_count = 4; /* the last one marks the end of the text */
const uint32_t symbol_addresses[] = {0x1000, 0x1010, 0x1800, 0x2000};
const uint32_t symbol_offsets[] = {0, 6, 13, 13};
const char symbol_strings[] = "first\0second\0third";
const char image_name[] = "unit";
