/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/transport.h"

#include <errno.h>
#include <string.h>

#include "hypercall/ring.h"
#include "hypercall/shared.h"

#define SIZE ((ring_idx_t)XENSTORE_RING_SIZE)

int transport_open(struct transport *transport, struct xenstore_domain_interface *shared)
{
	transport->shared = shared;
	transport->req_prod = access_once(shared->req_prod);
	transport->rsp_cons = access_once(shared->rsp_cons);
	if (!ring_valid(transport->req_prod, access_once(shared->req_cons), SIZE) ||
	    !ring_valid(access_once(shared->rsp_prod), transport->rsp_cons, SIZE))
		return -EPROTO;
	return 0;
}

int transport_send(struct transport *transport, const void *data, size_t len, bool *notify)
{
	struct xenstore_domain_interface *shared = transport->shared;
	ring_idx_t prod = transport->req_prod;
	ring_idx_t cons = load_acquire(&shared->req_cons);

	if (!ring_valid(prod, cons, SIZE))
		return -EPROTO;

	ring_idx_t room = ring_free(prod, cons, SIZE);
	ring_idx_t count = len < room ? (ring_idx_t)len : room;
	if (count == 0)
		return 0;

	ring_idx_t first = ring_piece(prod, count, SIZE);
	memcpy(shared->req + ring_slot(prod, SIZE), data, first);
	memcpy(shared->req, (const char *)data + first, count - first);

	transport->req_prod = prod + count;
	/* The bytes before the index that says they are there. */
	store_release(&shared->req_prod, transport->req_prod);
	*notify = true;
	return (int)count;
}

/*
 * Consuming needs no notification unless xenstored waits for room, and it waits only after it
 * has seen all 1024 bytes in use:
 *
 *   xenstored                             we
 *   reads rsp_cons == before
 *   fills up to rsp_prod == before+1024
 *   no room: sleeps                       rsp_cons = before + count
 *                                         full barrier
 *                                         rsp_prod - before == 1024: notify
 *
 * Had it looked after our store it would have seen room and not gone to sleep. So one hypercall
 * for each reply is saved, except in the midst of long ones.
 */
int transport_receive(struct transport *transport, void *data, size_t len, bool *notify)
{
	struct xenstore_domain_interface *shared = transport->shared;
	ring_idx_t before = transport->rsp_cons;
	ring_idx_t prod = load_acquire(&shared->rsp_prod);

	if (!ring_valid(prod, before, SIZE))
		return -EPROTO;

	ring_idx_t used = ring_used(prod, before);
	ring_idx_t count = len < used ? (ring_idx_t)len : used;
	if (count == 0)
		return 0;

	ring_idx_t first = ring_piece(before, count, SIZE);
	copy_once_bytes(data, shared->rsp + ring_slot(before, SIZE), first);
	copy_once_bytes((char *)data + first, shared->rsp, count - first);

	transport->rsp_cons = before + count;
	/* Our reading of the bytes before their room is given away. */
	store_release(&shared->rsp_cons, transport->rsp_cons);
	shared_mb();
	if (ring_used(access_once(shared->rsp_prod), before) >= SIZE)
		*notify = true;
	return (int)count;
}
