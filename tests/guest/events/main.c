/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   event channels, both ends in this domain.
 * Why:    the pending bit is cleared before the handler and the sleep is one hypercall; an event
 *         lost in between would hang the guest.
 * Method: interdomain channels from the domain to itself. A ping-pong of two threads that sleep
 *         between; events sent from within a handler; all 128 ports; ports closed in a handler.
 */
#include <errno.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

#define PINGS 1000u

static evtchn_port_t ping_port, pong_port;
static struct waitq ping_wait = WAITQ_INIT, pong_wait = WAITQ_INIT;
static unsigned int pings, pongs;

static void on_ping(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	pings++;
	waitq_wake_all(&ping_wait);
}

static void on_pong(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	pongs++;
	waitq_wake_all(&pong_wait);
}

/* Answers every ping that its end of the channel hears. */
static void ponger(void *arg)
{
	(void)arg;
	for (unsigned int i = 1; i <= PINGS; i++) {
		if (waitq_wait_until(&pong_wait, pongs >= i, time_in(TIME_S)))
			return;
		evtchn_notify(pong_port);
	}
}

static void ping_pong(void)
{
	uint64_t begin;

	if (!CHECK(evtchn_alloc_unbound(DOMID_SELF, on_ping, NULL, &ping_port) == 0))
		return;
	CHECK(evtchn_bind_interdomain(DOMID_SELF, ping_port, on_pong, NULL, &pong_port) == 0);
	/* Xen makes a fresh binding pending once, so that nothing sent before it is lost. */
	evtchn_dispatch();
	pings = pongs = 0;

	begin = time_monotonic_ns();
	CHECK(thread_create("ponger", ponger, NULL, 0));
	for (unsigned int i = 1; i <= PINGS; i++) {
		evtchn_notify(ping_port); /* heard at the other end */
		if (!CHECK(waitq_wait_until(&ping_wait, pings >= i, time_in(TIME_S)) == 0))
			return;
	}
	say("a round trip takes %llu ns\n",
	    (unsigned long long)((time_monotonic_ns() - begin) / PINGS));
	CHECK(pings == PINGS && pongs == PINGS);
}

/* Sends again from within the handler, as a busy ring would: the bit must not be lost. */
static unsigned int chained;

static void on_chain(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	if (++chained < 10)
		evtchn_notify(pong_port);
}

static void from_a_handler(void)
{
	CHECK(evtchn_set_handler(ping_port, on_chain, NULL) == 0);
	evtchn_notify(pong_port);
	for (int i = 0; i < 20; i++)
		evtchn_dispatch();
	CHECK(chained == 10);
}

static void errors(void)
{
	evtchn_port_t port = 0;

	CHECK(evtchn_notify(0) == -EINVAL);
	CHECK(evtchn_notify(4095) == -EINVAL);
	CHECK(evtchn_notify(1u << 31) == -EINVAL);
	CHECK(evtchn_close(4000) == -EINVAL);
	CHECK(evtchn_set_handler(0, on_ping, NULL) == -EINVAL);
	CHECK(evtchn_set_handler(4096, on_ping, NULL) == -EINVAL);
	CHECK(evtchn_bind_interdomain(DOMID_SELF, 4000, on_ping, NULL, &port) < 0 && port == 0);
	CHECK(evtchn_bind_interdomain(0x7ee0, 1, on_ping, NULL, &port) < 0);
}

static evtchn_port_t many[EVTCHN_MAX_PORTS];
static unsigned int others_called;

static void on_many(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	others_called++;
}

/* Closes all other ports, those included that are pending in the same sweep. */
static void on_first(evtchn_port_t port, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < EVTCHN_MAX_PORTS; i++)
		if (many[i] && many[i] != port) {
			evtchn_close(many[i]);
			many[i] = 0;
		}
}

static void all_ports(void)
{
	struct evtchn_stats before, after;
	evtchn_port_t one_more = 0, peer = 0, first;
	size_t made = 0;

	evtchn_stats(&before);
	while (made < EVTCHN_MAX_PORTS &&
	       evtchn_alloc_unbound(DOMID_SELF, made ? on_many : on_first, NULL, &many[made]) == 0)
		made++;
	CHECK(made == EVTCHN_MAX_PORTS - before.ports);
	CHECK(evtchn_alloc_unbound(DOMID_SELF, on_many, NULL, &one_more) == -ENOSPC);

	/* Sleep with all of them in the list. */
	thread_sleep_until(time_in(TIME_MS));

	/* Room for one, to make the first and the last pending at once. */
	CHECK(evtchn_close(many[made - 1]) == 0);
	many[made - 1] = 0;
	CHECK(evtchn_bind_interdomain(DOMID_SELF, many[0], on_many, NULL, &peer) == 0);
	evtchn_dispatch(); /* the fresh binding's own event goes to `peer` and others_called */
	others_called = 0;
	first = many[0];
	evtchn_notify(peer);
	for (int i = 0; i < 3; i++)
		evtchn_dispatch();
	CHECK(others_called == 0);
	CHECK(evtchn_close(first) == 0 && evtchn_close(peer) == 0);
	evtchn_stats(&after);
	CHECK(after.ports == before.ports);
}

int main(void)
{
	ping_pong();
	from_a_handler();
	errors();
	all_ports();
	CHECK(evtchn_close(ping_port) == 0 && evtchn_close(pong_port) == 0);
	CHECK(evtchn_close(ping_port) == -EINVAL);
	return verdict("events");
}
