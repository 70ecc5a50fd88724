/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic of Xen's rings. Every ring of Xen – console and xenstore bytes, network and block
 * requests – has indexes that only grow, modulo 2^32, and are reduced to a slot when used:
 *
 *          cons            prod              used = prod - cons          (wraps rightly)
 *     ------|################|------------   free = size - used
 *           consumed by      written by      slot = index mod size      (size: a power of two)
 *           one party        the other
 *
 * One of the two is always the other party's word. It is believed only within bounds: `used`
 * beyond `size` cannot be, and then the peer is broken or hostile and the ring is not touched.
 */
#ifndef LODGER_HYPERCALL_RING_H
#define LODGER_HYPERCALL_RING_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t ring_idx_t;

static inline ring_idx_t ring_used(ring_idx_t prod, ring_idx_t cons)
{
	return prod - cons;
}

/* Is this pair of indexes possible? To be asked before anything else whenever one is shared. */
static inline bool ring_valid(ring_idx_t prod, ring_idx_t cons, ring_idx_t size)
{
	return ring_used(prod, cons) <= size;
}

/* Room for the producer. An impossible pair has none. */
static inline ring_idx_t ring_free(ring_idx_t prod, ring_idx_t cons, ring_idx_t size)
{
	return ring_valid(prod, cons, size) ? size - ring_used(prod, cons) : 0;
}

static inline ring_idx_t ring_slot(ring_idx_t idx, ring_idx_t size)
{
	return idx & (size - 1);
}

/* How much of `want` lies in one piece from idx on, before the ring's end folds it. */
static inline ring_idx_t ring_piece(ring_idx_t idx, ring_idx_t want, ring_idx_t size)
{
	ring_idx_t to_end = size - ring_slot(idx, size);

	return want < to_end ? want : to_end;
}

/*
 * Must the peer be notified of the step from old_prod to new_prod? It asked to be, by its event
 * index, when the index it waits for is among those just produced:  old < event <= new.
 */
static inline bool ring_must_notify(ring_idx_t old_prod, ring_idx_t new_prod, ring_idx_t event)
{
	return new_prod - event < new_prod - old_prod;
}

#endif
