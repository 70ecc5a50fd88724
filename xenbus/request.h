/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests to xenstored and their replies: the layer between the wire and xenbus.h, for the
 * sources of xenbus/ alone.
 *
 *   thread A   request_start ─┐                              ┌─► A's request_finish returns
 *   thread B   request_start ─┴─► queue ─pump─► req ring     │
 *                                                 xenstored  │
 *   event handler:                              rsp ring ─drain─ req_id ─► B's …
 *                                                            └─ XS_WATCH_EVENT ─► watch.c
 *
 * There is no thread for replies: the handler of the store's event channel port runs at safe
 * points, takes what has come and wakes whoever waits for it.
 */
#ifndef LODGER_XENBUS_REQUEST_H
#define LODGER_XENBUS_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "xenbus/wire.h"
#include "xenbus/xenbus.h"

struct request;

/*
 * Queues a request; the payload is copied. Never blocks. An error is kept in *request like a
 * reply, so that the caller deals with errors in one place: request_finish. NULL if there is no
 * memory even for that, which request_finish takes too.
 */
struct request *request_start(uint32_t type, xenbus_tx_t tx, const struct wire_part part[],
			      size_t parts);

/*
 * Waits for the reply and frees the request: 0, or an error of xenbus.h. *reply (may be NULL) is
 * on the heap, the caller's to free, *len bytes (may be NULL) and a NUL.
 */
int request_finish(struct request *request, char **reply, size_t *len);

/* Both in one, for a single path. */
int request_path(uint32_t type, xenbus_tx_t tx, const char *path, char **reply, size_t *len);

/* Who gets the payloads of watch events. Called in the event handler: must not block. */
void request_on_watch_event(void (*handler)(const char *payload, size_t len));

/* For watch.c, which counts in the same statistics. */
extern struct xenbus_stats request_stats;

#endif
