/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front end's half of a request ring (xen/io/ring.h), the same for every device. The shared
 * page begins with four free-running indexes, then come the slots, each used for a request and
 * later for some request's response:
 *
 *      rsp_cons          rsp_prod         req_prod          rsp_cons + size
 *   ------|##################|................|-----------------|------
 *         | responses that   | requests the   | free slots:
 *         | wait for us      | backend has    | room for requests
 *
 *   req_prod, rsp_event   ours to write       rsp_prod, req_event   the backend's
 *
 * The two _event words save notifications: each side names the index whose production it wants to
 * be told of, and is not told of any other.
 *
 * Of the backend's words, rsp_prod is believed only within the requests that are really with it,
 * and req_event can at worst cost or save a notification. Our own words are kept here in private,
 * because the backend can write to the whole page.
 */
#ifndef LODGER_HYPERCALL_FRONT_RING_H
#define LODGER_HYPERCALL_FRONT_RING_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hypercall/ring.h"
#include "hypercall/shared.h"

/* How every structure made by Xen's DEFINE_RING_TYPES begins. */
struct front_ring_shared {
	ring_idx_t req_prod, req_event, rsp_prod, rsp_event;
};

struct front_ring {
	struct front_ring_shared *shared;
	ring_idx_t size;      /* slots, a power of two */
	ring_idx_t req_prod;  /* the next request goes here */
	ring_idx_t published; /* requests before this one have been shown to the backend */
	ring_idx_t rsp_cons;  /* the next response comes from here */
};

/* Makes an empty ring in a page; header: the bytes before the first slot, slot: those of one. */
static inline void front_ring_init(struct front_ring *ring, void *page, size_t page_size,
				   size_t header, size_t slot)
{
	ring_idx_t size = 1;

	while (2 * size * slot <= page_size - header)
		size *= 2;
	memset(page, 0, page_size);
	*ring = (struct front_ring){.shared = page, .size = size};
	ring->shared->req_event = ring->shared->rsp_event = 1;
}

/* Requests that still fit. */
static inline ring_idx_t front_ring_room(const struct front_ring *ring)
{
	return ring_free(ring->req_prod, ring->rsp_cons, ring->size);
}

/* Shows the backend all requests up to req_prod; true: it has to be notified. */
static inline bool front_ring_publish(struct front_ring *ring)
{
	ring_idx_t old = ring->published;

	ring->published = ring->req_prod;
	/* The requests before the index that says they are there. */
	store_release(&ring->shared->req_prod, ring->req_prod);
	/* The index before we look whether the backend sleeps: it does these in the other order. */
	shared_mb();
	return ring_must_notify(old, ring->req_prod, access_once(ring->shared->req_event));
}

/* The number of responses that wait, or -EPROTO if there are more than requests. */
static inline int front_ring_responses(const struct front_ring *ring)
{
	ring_idx_t waiting = load_acquire(&ring->shared->rsp_prod) - ring->rsp_cons;

	return waiting <= ring->published - ring->rsp_cons ? (int)waiting : -EPROTO;
}

/*
 * Asks for an event when `further` more responses have come (1: the next one). Returns as
 * front_ring_responses: those that came before the backend could see the wish, for which no
 * event may come.
 */
static inline int front_ring_ask(struct front_ring *ring, ring_idx_t further)
{
	access_once(ring->shared->rsp_event) = ring->rsp_cons + further;
	shared_mb();
	return front_ring_responses(ring);
}

#endif
