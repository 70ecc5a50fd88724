/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framing of xenstore's protocol, apart from the socket: a message is a
 * header of four 32-bit words (type, request id, transaction id, length) and
 * its payload. Pure functions on buffers; the daemon is not trusted with any
 * length.
 */
#ifndef TOOLSTACK_XENSTORE_WIRE_H
#define TOOLSTACK_XENSTORE_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <xen/io/xs_wire.h>

#include "toolstack/xenstore.h"

/*
 * Appends a request whose payload is `count' parts, each with its NUL unless it
 * is the last part of a write. Request ids count up from 1 in each batch.
 */
void wire_append(struct xenstore_batch *batch, uint32_t type, uint32_t transaction,
		 const char *const parts[], size_t count);

/*
 * The message at the start of `data'. Returns its whole length; 0 if it is not
 * all there yet; -EPROTO if it can be none.
 */
int wire_parse(const char *data, size_t size, struct xsd_sockmsg *header);

/* The errno, negative, that an XS_ERROR payload names; -EIO for a name that is not known. */
int wire_error(const char *payload, size_t size);

#endif
