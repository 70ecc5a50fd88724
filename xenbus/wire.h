/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The xenstore wire protocol (xen/io/xs_wire.h) as functions over buffers: no ring, no threads,
 * no globals. Everything that comes in is untrusted and bounded here.
 *
 *    0         4         8         12        16            16 + len
 *   +---------+---------+---------+---------+------ … -----+
 *   | type    | req_id  | tx_id   | len     | payload      |   each way, back to back
 *   +---------+---------+---------+---------+------ … -----+
 *
 * A reply echoes the type, or is XS_ERROR with the name of an errno; and the req_id, which is
 * how replies find their requests. A message of type XS_WATCH_EVENT comes unasked.
 */
#ifndef LODGER_XENBUS_WIRE_H
#define LODGER_XENBUS_WIRE_H

#include <errno.h> /* before xs_wire.h, which then lists errnos by name */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

#define WIRE_MESSAGE_MAX (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

/* One piece of a payload. A path is sent with its NUL, a value without. */
struct wire_part {
	const void *data;
	size_t len;
};

/*
 * Writes header and parts to out: the length of the message, or -E2BIG if it does not fit out or
 * the protocol. With out NULL it only measures. header->len is filled in here.
 */
int wire_encode(void *out, size_t size, struct xsd_sockmsg *header, const struct wire_part part[],
		size_t parts);

/*
 * Collects one incoming message from however many pieces it comes in:
 *
 *   wire_reader_space    where the next bytes go, and at most how many
 *   wire_reader_advance  that many have been put there: 1 when a message is complete, 0 while it
 *                        is not, -EPROTO if its header cannot be right
 *
 * A complete message stays readable until wire_reader_space is called again. Its payload is
 * followed by a NUL that is not the sender's.
 */
struct wire_reader {
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	size_t have; /* bytes of header and payload together */
	bool complete;
};

void *wire_reader_space(struct wire_reader *reader, size_t *space);
int wire_reader_advance(struct wire_reader *reader, size_t bytes);

/* The payload of an XS_ERROR as a negative errno; -EIO for a name that we do not know. */
int wire_error(const char *payload, size_t len);

/*
 * The next of the NUL-terminated strings in a payload, from *at on, or NULL when there is none
 * or its NUL is missing. *at moves behind it.
 */
const char *wire_string(const char *payload, size_t len, size_t *at);

/* True if text is a whole decimal number, without sign or leading zeros; then *value is it. */
bool wire_number(const char *text, uint64_t *value);

#endif
