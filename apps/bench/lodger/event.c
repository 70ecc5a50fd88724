/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * evtchn.self, evtchn.peer: from one EVTCHNOP_send to the wake-up by the event that answers it. The
 * measuring thread blocks meanwhile, which is SCHEDOP_poll when nobody else is ready. The answer comes
 * from a handler: of this domain, at its next safe point, or of the domain that --echo runs in.
 *
 * The other domain's number and its port stand in data/bench/echo of this domain's directory.
 */
#include "unikernel/core/evtchn.h"

#include <stdlib.h>
#include <string.h>

#include "apps/bench/figure.h"
#include "apps/bench/lodger/echo.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/wire.h"
#include "xenbus/xenbus.h"

#define PATIENCE TIME_S

struct channel {
	evtchn_port_t port, other; /* other: 0 unless its end is ours */
	unsigned int answers;
	struct waitq answered;
};

static void on_answer(evtchn_port_t port, void *arg)
{
	struct channel *channel = arg;

	(void)port;
	channel->answers++;
	waitq_wake_all(&channel->answered);
}

static const char *run(void *context, struct sample *sample)
{
	struct channel *channel = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		const unsigned int seen = channel->answers;

		evtchn_notify(channel->port);
		if (waitq_wait_until(&channel->answered, channel->answers != seen,
				     time_in(PATIENCE)) != 0)
			return "the other end does not answer events";
	}
	return NULL;
}

static const char *round_trip(const struct figure *figure, struct channel *channel)
{
	const struct measurement measurement = {.run = run, .context = channel, .batch = 20};

	/* Xen makes a fresh binding pending once; that is no answer. */
	evtchn_dispatch();
	return figure_measure(figure, &measurement);
}

const char *event_self(const struct figure *figure)
{
	struct channel channel = {.answered = WAITQ_INIT};
	const char *reason = "there is no port for it";

	if (evtchn_alloc_unbound(DOMID_SELF, echo_event, NULL, &channel.other) != 0)
		return reason;
	if (evtchn_bind_interdomain(DOMID_SELF, channel.other, on_answer, &channel,
				    &channel.port) == 0) {
		reason = round_trip(figure, &channel);
		evtchn_close(channel.port);
	}
	evtchn_close(channel.other);
	return reason;
}

/* "DOMID PORT": anybody may have written it. */
static bool echo_parse(char *text, uint64_t *domid, uint64_t *port)
{
	char *blank = strchr(text, ' ');

	if (!blank)
		return false;
	*blank = '\0';
	return wire_number(text, domid) && *domid < DOMID_FIRST_RESERVED &&
	       wire_number(blank + 1, port) && *port > 0 && *port < EVTCHN_2L_NR_CHANNELS;
}

const char *event_peer(const struct figure *figure)
{
	struct channel channel = {.answered = WAITQ_INIT};
	uint64_t domid, port;
	const char *reason;
	char *text;

	if (xenbus_read(XENBUS_NO_TX, ECHO_NODE, &text, NULL) != 0)
		return "no other domain is named in " ECHO_NODE;
	reason = echo_parse(text, &domid, &port) ? NULL
						 : "what " ECHO_NODE " says is no domain and port";
	heap_free(text);
	if (reason)
		return reason;
	if (evtchn_bind_interdomain((domid_t)domid, (evtchn_port_t)port, on_answer, &channel,
				    &channel.port) != 0)
		return "the port of the other domain cannot be bound";
	reason = round_trip(figure, &channel);
	evtchn_close(channel.port);
	return reason;
}
