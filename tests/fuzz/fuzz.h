/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzz targets share. A target is a file fuzz_*.c with LLVMFuzzerTestOneInput(); its seeds
 * are in corpus/NAME/.
 *
 * The targets of the front ends boot one guest on the fake Xen of the unit tests and keep it for
 * all inputs. Each input is what a hostile back end does; after it the back end is correct again,
 * and the guest must connect, pass data both ways and hold what it held before. So an input's
 * effect on a later one is a find as well, if a harder one to repeat: libFuzzer's -runs and -seed
 * repeat a whole session.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv); /* where there is something to do */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, taken from the front; zeros when it is used up. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

static inline bool fuzz_more(const struct fuzz_input *input)
{
	return input->size > 0;
}

void fuzz_take(struct fuzz_input *input, void *to, size_t len);
uint8_t fuzz_u8(struct fuzz_input *input);
uint16_t fuzz_u16(struct fuzz_input *input);
uint32_t fuzz_u32(struct fuzz_input *input);
uint64_t fuzz_u64(struct fuzz_input *input);

#endif
