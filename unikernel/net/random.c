/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secret comes from getentropy() where the processor has a generator.  The counters of processor
 * and clocks are mixed in all the same: alone they are a poor secret (a neighbour can narrow them
 * down), but they make two starts differ.  Numbers are the hash of a counter under that secret.
 */
#include <unistd.h>

#include <arch/cc.h>

#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "unikernel/net/random.h"

static struct siphash_key secret;
static uint64_t counter;

void net_random_init(void)
{
	struct siphash_key start = {.k0 = __builtin_ia32_rdtsc(), .k1 = time_wall_ns()};
	uint64_t pool[2] = {0, 0}, mixed;

	if (getentropy(pool, sizeof(pool)) < 0)
		log_warn("net: no random numbers from the processor: ports and sequence numbers "
			 "are seeded from clocks alone");
	mixed = siphash(&start, pool, sizeof(pool));
	secret.k0 = pool[0] ^ mixed;
	secret.k1 = pool[1] ^ siphash(&start, &mixed, sizeof(mixed));
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
