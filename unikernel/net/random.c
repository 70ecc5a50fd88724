/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secret comes from the processor's RDRAND where it has one.  The counters of processor and
 * clocks are always mixed in: alone they are a poor secret (a neighbour can narrow them down), but
 * they make two starts differ.  Numbers are the hash of a counter under that secret.
 */
#include <cpuid.h>
#include <immintrin.h>
#include <stdbool.h>

#include <arch/cc.h>

#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "unikernel/net/random.h"

static struct siphash_key secret;
static uint64_t counter;

static bool rdrand_present(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}

/* One number of the processor's; it may be out of them for a moment, hence the few attempts. */
__attribute__((target("rdrnd"))) static bool rdrand_read(uint64_t *value)
{
	unsigned long long word;

	for (int attempt = 0; attempt < 10; attempt++)
		if (_rdrand64_step(&word)) {
			*value = word;
			return true;
		}
	return false;
}

void net_random_init(void)
{
	struct siphash_key start = {.k0 = __builtin_ia32_rdtsc(), .k1 = time_wall_ns()};
	uint64_t pool[4] = {time_monotonic_ns(), 0, 0, 0};
	bool good = rdrand_present() && rdrand_read(&pool[1]) && rdrand_read(&pool[2]);

	if (!good)
		log_warn("net: no RDRAND: sequence numbers are seeded from clocks alone");
	/* The hash runs over what it has made, so that every bit of the pool reaches both halves. */
	pool[3] = siphash(&start, pool, sizeof(pool));
	secret.k0 = siphash(&start, pool, sizeof(pool)) ^ pool[1];
	pool[3] = secret.k0;
	secret.k1 = siphash(&start, pool, sizeof(pool)) ^ pool[2];
}

static uint64_t random_next(void)
{
	counter++;
	return siphash(&secret, &counter, sizeof(counter));
}

void net_random_key(struct siphash_key *key)
{
	key->k0 = random_next();
	key->k1 = random_next();
}

uint32_t net_random(void)
{
	return (uint32_t)random_next();
}
