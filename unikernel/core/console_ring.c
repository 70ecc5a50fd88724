/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/console_ring.h"

#include <stdint.h>

#include <xen/io/console.h>

#include "hypercall/ring.h"
#include "hypercall/shared.h"

#define OUT_SIZE sizeof(((struct xencons_interface *)0)->out)
#define IN_SIZE	 sizeof(((struct xencons_interface *)0)->in)

size_t console_ring_put(struct xencons_interface *ring, const char *buf, size_t len)
{
	ring_idx_t prod = access_once(ring->out_prod);
	/* Acquire: the daemon has read the slots before it gives them back. */
	ring_idx_t room = ring_free(prod, load_acquire(&ring->out_cons), OUT_SIZE);
	ring_idx_t n = len < room ? (ring_idx_t)len : room;

	for (ring_idx_t i = 0; i < n;) {
		ring_idx_t piece = ring_piece(prod + i, n - i, OUT_SIZE);

		memcpy(&ring->out[ring_slot(prod + i, OUT_SIZE)], buf + i, piece);
		i += piece;
	}
	store_release(&ring->out_prod, prod + n); /* the bytes are visible before the index */
	return n;
}

size_t console_ring_readable(struct xencons_interface *ring)
{
	ring_idx_t cons = access_once(ring->in_cons), prod = load_acquire(&ring->in_prod);

	return ring_valid(prod, cons, IN_SIZE) ? ring_used(prod, cons) : 0;
}

size_t console_ring_get(struct xencons_interface *ring, char *buf, size_t len)
{
	ring_idx_t cons = access_once(ring->in_cons);
	size_t readable = console_ring_readable(ring);
	ring_idx_t n = (ring_idx_t)(len < readable ? len : readable);

	for (ring_idx_t i = 0; i < n;) {
		ring_idx_t piece = ring_piece(cons + i, n - i, IN_SIZE);

		copy_once_bytes(buf + i, &ring->in[ring_slot(cons + i, IN_SIZE)], piece);
		i += piece;
	}
	store_release(&ring->in_cons, cons + n); /* the slots are read before they are given back */
	return n;
}

bool console_ring_drained(struct xencons_interface *ring)
{
	ring_idx_t prod = access_once(ring->out_prod), cons = load_acquire(&ring->out_cons);

	return prod == cons || !ring_valid(prod, cons, OUT_SIZE);
}
