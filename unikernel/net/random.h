/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers for ports, transaction ids and sequence numbers, which a stranger must not guess. */
#ifndef LODGER_NET_RANDOM_H
#define LODGER_NET_RANDOM_H

#include <stdint.h>

#include "unikernel/net/siphash.h"

/* Draws the secret.  To be called once, before anything else here. */
void net_random_init(void);

/* A key of its own for another use of siphash(). */
void net_random_key(struct siphash_key *key);

uint32_t net_random(void);

#endif
