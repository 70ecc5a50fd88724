/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/request.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/transport.h"

#define TIMEOUT_DEFAULT_NS (10 * TIME_S)

/*
 * A request from its start to its finish.
 *
 *            start            pump                 drain             finish
 *   (none) ────────► QUEUED ────────► SENT ────────────► ANSWERED ────────► freed
 *                      │ timeout       │ timeout
 *                      │               └─► freed; the reply, should it come, finds no request
 *                      └─ nothing sent yet: freed
 *                         part of it sent: ORPHANED ── pump sends the rest ──► freed
 *
 * Half a message cannot be taken back from the ring: xenstored would read the next request as
 * its other half. So the message is the request's own copy, and outlives the caller who gave up.
 */
struct request {
	struct request *next;
	enum { REQUEST_QUEUED, REQUEST_SENT, REQUEST_ANSWERED, REQUEST_ORPHANED } state;
	struct xsd_sockmsg header;
	uint64_t deadline_ns;
	struct waitq answered;
	int status;
	char *reply;
	size_t reply_len;
	size_t sent, len;
	char message[];
};

static struct {
	struct transport transport;
	struct wire_reader reader;
	int broken;	      /* 0, or the error that every request gets from now on */
	struct request *live; /* in the order they were started: QUEUED, SENT, ORPHANED */
	uint32_t last_id;
	uint64_t timeout_ns;
	void (*watch_event)(const char *payload, size_t len);
} store = {.broken = -EIO, .timeout_ns = TIMEOUT_DEFAULT_NS};

struct xenbus_stats request_stats;

static struct request **request_find(uint32_t id)
{
	struct request **at = &store.live;

	while (*at != NULL && ((*at)->header.req_id != id || (*at)->state == REQUEST_ORPHANED))
		at = &(*at)->next;
	return at;
}

static void request_unlink(struct request *request)
{
	struct request **at = &store.live;

	while (*at != NULL && *at != request)
		at = &(*at)->next;
	if (*at != NULL) {
		*at = request->next;
		request_stats.in_flight--;
	}
}

static void request_answer(struct request *request, int status)
{
	request_unlink(request);
	request->state = REQUEST_ANSWERED;
	request->status = status;
	waitq_wake_all(&request->answered);
}

/* The ring is beyond repair: nobody may wait for it any longer. */
static void store_break(const char *what)
{
	log_error("xenbus: %s: xenstore is not used any more", what);
	store.broken = -EIO;
	while (store.live != NULL) {
		struct request *request = store.live;

		if (request->state == REQUEST_ORPHANED) {
			request_unlink(request);
			heap_free(request);
		} else {
			request_answer(request, -EIO);
		}
	}
}

/* Puts on the ring what is queued, as far as there is room; one notification for all of it. */
static bool store_pump(void)
{
	bool notify = false;
	struct request *next;

	for (struct request *request = store.live; request != NULL; request = next) {
		next = request->next;
		if (request->sent == request->len)
			continue;
		int count = transport_send(&store.transport, request->message + request->sent,
					   request->len - request->sent, &notify);
		if (count < 0) {
			store_break("impossible index in the request ring");
			return false;
		}
		request->sent += (size_t)count;
		if (request->sent < request->len)
			break;
		if (request->state == REQUEST_ORPHANED) {
			request_unlink(request);
			heap_free(request);
		} else {
			request->state = REQUEST_SENT;
			request_stats.requests++;
		}
	}
	return notify;
}

static void store_notify(void)
{
	request_stats.notifies++;
	evtchn_notify(boot_info.store_port);
}

static void message_dispatch(const struct xsd_sockmsg *header, const char *payload)
{
	if (header->type == XS_WATCH_EVENT) {
		if (store.watch_event != NULL)
			store.watch_event(payload, header->len);
		return;
	}

	struct request *request = *request_find(header->req_id);
	if (request == NULL || request->state != REQUEST_SENT) {
		request_stats.strays++;
		log_debug("xenbus: reply to unknown request %u dropped", header->req_id);
		return;
	}

	int status = 0;
	if (header->type == XS_ERROR) {
		status = wire_error(payload, header->len);
	} else if (header->type != request->header.type) {
		log_warn("xenbus: reply of type %u to a request of type %u", header->type,
			 request->header.type);
		status = -EPROTO;
	} else {
		request->reply = heap_alloc(header->len + 1);
		if (request->reply == NULL) {
			status = -ENOMEM;
		} else {
			memcpy(request->reply, payload, header->len);
			request->reply[header->len] = '\0';
			request->reply_len = header->len;
		}
	}
	request_stats.replies++;
	request_answer(request, status);
}

/*
 * Takes what has come. It stops after a ring's worth even if xenstored goes on writing: whatever
 * it writes after the look at the ring comes with an event of its own, so nothing is left behind
 * and a flood of events cannot keep this handler from returning.
 */
static bool store_drain(void)
{
	bool notify = false;

	for (size_t budget = XENSTORE_RING_SIZE; budget > 0;) {
		size_t space;
		void *to = wire_reader_space(&store.reader, &space);
		int count = transport_receive(&store.transport, to, space < budget ? space : budget,
					      &notify);
		if (count < 0) {
			store_break("impossible index in the reply ring");
			return false;
		}
		if (count == 0)
			break;
		budget -= (size_t)count;

		int complete = wire_reader_advance(&store.reader, (size_t)count);
		if (complete < 0) {
			store_break("malformed message");
			return false;
		}
		if (complete > 0)
			message_dispatch(&store.reader.header, store.reader.payload);
	}
	return notify;
}

static void store_event(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	if (store.broken != 0)
		return;
	bool notify = store_drain();
	if (store.broken == 0)
		notify |= store_pump();
	if (notify)
		store_notify();
}

/* Ids are never 0 and never one that is under way, whatever the counter's wraps. */
static uint32_t request_id(void)
{
	do
		store.last_id++;
	while (store.last_id == 0 || *request_find(store.last_id) != NULL);
	return store.last_id;
}

struct request *request_start(uint32_t type, xenbus_tx_t tx, const struct wire_part part[],
			      size_t parts)
{
	struct xsd_sockmsg header = {.type = type, .tx_id = tx};
	int len = wire_encode(NULL, 0, &header, part, parts);
	size_t size = len < 0 ? 0 : (size_t)len;
	struct request *request = heap_alloc(sizeof(*request) + size);

	if (request == NULL)
		return NULL;
	memset(request, 0, sizeof(*request));
	if (len < 0 || store.broken != 0) {
		request->state = REQUEST_ANSWERED;
		request->status = len < 0 ? len : store.broken;
		return request;
	}

	header.req_id = request_id();
	wire_encode(request->message, size, &header, part, parts);
	request->header = header;
	request->len = size;
	request->deadline_ns = time_monotonic_ns() + store.timeout_ns;

	struct request **last = &store.live;
	while (*last != NULL)
		last = &(*last)->next;
	*last = request;
	request_stats.in_flight++;
	return request;
}

int request_finish(struct request *request, char **reply, size_t *len)
{
	if (reply != NULL)
		*reply = NULL;
	if (request == NULL)
		return -ENOMEM;

	if (request->state == REQUEST_QUEUED && store_pump())
		store_notify();
	if (waitq_wait_until(&request->answered, request->state == REQUEST_ANSWERED,
			     request->deadline_ns) != 0) {
		request_stats.timeouts++;
		log_warn("xenbus: no reply to request %u of type %u", request->header.req_id,
			 request->header.type);
		if (request->sent > 0 && request->sent < request->len) {
			request->state = REQUEST_ORPHANED;
		} else {
			request_unlink(request);
			heap_free(request);
		}
		return -ETIMEDOUT;
	}

	int status = request->status;
	if (status == 0 && len != NULL)
		*len = request->reply_len;
	if (status == 0 && reply != NULL)
		*reply = request->reply;
	else
		heap_free(request->reply);
	heap_free(request);
	return status;
}

int request_path(uint32_t type, xenbus_tx_t tx, const char *path, char **reply, size_t *len)
{
	struct wire_part part = {path, strlen(path) + 1};

	return request_finish(request_start(type, tx, &part, 1), reply, len);
}

void request_on_watch_event(void (*handler)(const char *payload, size_t len))
{
	store.watch_event = handler;
}

uint64_t xenbus_timeout_set(uint64_t timeout_ns)
{
	uint64_t before = store.timeout_ns;

	store.timeout_ns = timeout_ns;
	return before;
}

void xenbus_stats(struct xenbus_stats *stats)
{
	*stats = request_stats;
}

static int xenbus_init(void)
{
	if (boot_info.store == NULL) {
		log_warn("xenbus: this domain has no xenstore");
		return -ENODEV;
	}
	int error = transport_open(&store.transport, boot_info.store);
	if (error == 0)
		error = evtchn_set_handler(boot_info.store_port, store_event, NULL);
	if (error == 0) {
		store.broken = 0;
		boot_stage("xenbus");
	}
	return error;
}
INIT(INIT_BUS, xenbus_init);
