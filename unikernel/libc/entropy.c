/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getentropy(): the processor's random number generator (rdrand), or ENOSYS where there is none,
 * since what time and addresses would yield deserves no trust.
 */
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "unikernel/libc/result.h"

static bool rdrand_exists(void)
{
	unsigned int a, b, c, d;
	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}

/* The generator may be empty for a moment; ten tries are what its makers ask for. */
static bool rdrand(uint64_t *out)
{
	for (int tries = 0; tries < 10; tries++) {
		bool filled;
		__asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(filled));
		if (filled)
			return true;
	}
	return false;
}

int getentropy(void *buf, size_t len)
{
	if (len > 256)
		return result_int(-EIO);
	if (!rdrand_exists())
		return result_int(-ENOSYS);
	for (char *at = buf; len > 0;) {
		uint64_t word;
		if (!rdrand(&word))
			return result_int(-EIO);
		size_t n = len < sizeof(word) ? len : sizeof(word);
		memcpy(at, &word, n);
		at += n;
		len -= n;
	}
	return 0;
}
