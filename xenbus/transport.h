/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes through the page shared with xenstored: two rings of 1024 bytes.
 *
 *   req:   we produce    [ . . a a a a a . . . . ]    xenstored consumes
 *                            ^cons     ^prod
 *   rsp:   we consume, xenstored produces
 *
 * The four indexes run freely and are reduced modulo the size on use; prod - cons is the number
 * of bytes in the ring. Two of them are xenstored's. They are read once for each use, and a
 * difference beyond the size is a violation: the ring is never used again.
 *
 * Our own two are kept here as well, because what lies in the page can be overwritten from the
 * other side.
 */
#ifndef LODGER_XENBUS_TRANSPORT_H
#define LODGER_XENBUS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

struct transport {
	struct xenstore_domain_interface *shared;
	XENSTORE_RING_IDX req_prod; /* ours, as published */
	XENSTORE_RING_IDX rsp_cons;
};

/* Takes the ring over as it is: firmware may have used it before us. -EPROTO if it is broken. */
int transport_open(struct transport *transport, struct xenstore_domain_interface *shared);

/*
 * Moves as many bytes as there are, or room for: that number, 0 included, or -EPROTO.
 *
 * *notify becomes true if xenstored must be told: always after bytes were sent, but after bytes
 * were received only if it may have found the ring full (see transport.c).
 */
int transport_send(struct transport *transport, const void *data, size_t len, bool *notify);
int transport_receive(struct transport *transport, void *data, size_t len, bool *notify);

#endif
