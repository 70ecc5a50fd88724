/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/evtchn.c.
 * Why:  an event that is lost is a device that stands still; one that goes to a closed port's
 *       handler is a use after free.
 * How:  the other ends are the fake's; handlers that close ports, theirs and others', in the midst
 *       of a dispatch; ports reused; all of Xen's refusals.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include <xen/errno.h>

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

static unsigned handled;
static evtchn_port_t handled_port;
static struct waitq queue;

static void count(evtchn_port_t port, void *arg)
{
	(void)arg;
	handled++;
	handled_port = port;
	waitq_wake_all(&queue);
}

static void start(void)
{
	fake_console_start();
	fake_kernel_start(NULL);
}

static struct fake_channel *channel_open(evtchn_handler_t handler, void *arg, evtchn_port_t *port)
{
	struct fake_channel *channel;

	assert_int_equal(evtchn_alloc_unbound(FAKE_DOM0, handler, arg, port), 0);
	channel = fake_channel_bind(FAKE_DOM0, *port);
	assert_non_null(channel);
	return channel;
}

static void events_go_both_ways(void **state)
{
	struct fake_channel *channel;
	evtchn_port_t port;

	(void)state;
	start();
	channel = channel_open(count, NULL, &port);
	fake_channel_take(channel);
	assert_int_equal(evtchn_notify(port), 0);
	assert_true(fake_channel_take(channel));
	fake_channel_notify(channel);
	assert_int_equal(handled, 0); /* not before a safe point */
	assert_int_equal(evtchn_dispatch(), 1);
	assert_int_equal(handled_port, port);
	assert_int_equal(evtchn_dispatch(), 0);
}

static void many_sends_are_one_event(void **state)
{
	struct fake_channel *channel;
	evtchn_port_t port;

	(void)state;
	start();
	channel = channel_open(count, NULL, &port);
	for (int i = 0; i < 1000; i++)
		fake_channel_notify(channel);
	assert_int_equal(evtchn_dispatch(), 1);
}

static struct fake_channel *sender;

static bool send_later(void *self)
{
	static bool sent;

	(void)self;
	if (sent)
		return false;
	sent = true;
	fake_channel_notify(sender);
	return true;
}

static void a_sleeping_guest_is_woken(void **state)
{
	evtchn_port_t port;
	uint64_t start_ns;

	(void)state;
	start();
	sender = channel_open(count, NULL, &port);
	start_ns = time_monotonic_ns();
	fake_other_add(send_later, NULL);
	assert_int_equal(waitq_wait(&queue, TIME_FOREVER), 0);
	assert_int_equal(handled, 1);
	assert_true(time_monotonic_ns() - start_ns < TIME_MS);
}

/* The handler clears what it saw first: an event during the handler is handled again. */
static void send_again(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	if (handled++ < 3)
		fake_channel_notify(sender);
}

static void an_event_during_the_handler_is_not_lost(void **state)
{
	evtchn_port_t port;

	(void)state;
	start();
	sender = channel_open(send_again, NULL, &port);
	fake_channel_notify(sender);
	for (int i = 0; i < 4; i++)
		assert_int_equal(evtchn_dispatch(), 1);
	assert_int_equal(evtchn_dispatch(), 0);
	assert_int_equal(handled, 4);
}

static evtchn_port_t pair[2];

static void close_both(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	handled++;
	assert_int_equal(evtchn_close(pair[0]), 0);
	assert_int_equal(evtchn_close(pair[1]), 0);
}

static void a_closed_port_is_not_handled_even_if_it_was_pending(void **state)
{
	struct fake_channel *a, *b;
	struct evtchn_stats before, after;

	(void)state;
	start();
	evtchn_stats(&before);
	a = channel_open(close_both, NULL, &pair[0]);
	b = channel_open(close_both, NULL, &pair[1]);
	fake_channel_notify(a);
	fake_channel_notify(b);
	assert_int_equal(evtchn_dispatch(), 1);
	assert_int_equal(handled, 1);
	evtchn_stats(&after);
	assert_int_equal(after.ports, before.ports);
}

static void a_reused_number_starts_clean(void **state)
{
	struct fake_channel *channel;
	evtchn_port_t first, second;

	(void)state;
	start();
	channel = channel_open(count, NULL, &first);
	fake_channel_notify(channel);
	assert_int_equal(evtchn_close(first), 0);
	assert_int_equal(evtchn_alloc_unbound(FAKE_DOM0, count, NULL, &second), 0);
	assert_int_equal(second, first);
	assert_int_equal(evtchn_dispatch(), 0);
}

static void numbers_that_are_not_ours_are_refused(void **state)
{
	static const evtchn_port_t bad[] = {0, 77, 1023, 4095, 4096, 0x7fffffff, UINT32_MAX};

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(evtchn_notify(bad[i]), -EINVAL);
		assert_int_equal(evtchn_close(bad[i]), -EINVAL);
	}
	assert_int_equal(evtchn_set_handler(0, count, NULL), -EINVAL);
	assert_int_equal(evtchn_set_handler(4096, count, NULL), -EINVAL);
	assert_int_equal(evtchn_set_handler(UINT32_MAX, count, NULL), -EINVAL);
}

static void a_peer_that_goes_is_no_error(void **state)
{
	struct fake_channel *channel;
	evtchn_port_t port;

	(void)state;
	start();
	channel = channel_open(count, NULL, &port);
	fake_channel_close(channel);
	assert_int_equal(evtchn_notify(port), 0);
	assert_int_equal(evtchn_close(port), 0);
	assert_int_equal(evtchn_close(port), -EINVAL);
}

static void the_last_port_and_one_more(void **state)
{
	evtchn_port_t ports[EVTCHN_MAX_PORTS], more;
	struct evtchn_stats stats;
	const unsigned before = fake_evtchn_in_use();
	size_t count_ports = 0;

	(void)state;
	start();
	for (;;) {
		int error = evtchn_alloc_unbound(FAKE_DOM0, count, NULL, &more);

		if (error) {
			assert_int_equal(error, -ENOSPC);
			break;
		}
		assert_true(count_ports < ARRAY_SIZE(ports));
		ports[count_ports++] = more;
	}
	evtchn_stats(&stats);
	assert_int_equal(stats.ports, EVTCHN_MAX_PORTS);
	/* Every port works, the one refused was given back to Xen, and all can be closed. */
	for (size_t i = 0; i < count_ports; i++)
		fake_channel_notify(fake_channel_bind(FAKE_DOM0, ports[i]));
	assert_int_equal(evtchn_dispatch(), count_ports);
	for (size_t i = 0; i < count_ports; i += 2)
		assert_int_equal(evtchn_close(ports[i]), 0);
	for (size_t i = 1; i < count_ports; i += 2)
		assert_int_equal(evtchn_close(ports[i]), 0);
	assert_in_range(fake_evtchn_in_use(), before, before + 1); /* the console's */
}

static long refuse(unsigned op, unsigned long command, unsigned long arg)
{
	(void)arg;
	return op == __HYPERVISOR_event_channel_op && command == EVTCHNOP_alloc_unbound ? -XEN_EPERM
											: 0;
}

static void xen_may_refuse(void **state)
{
	evtchn_port_t port = 99;

	(void)state;
	start();
	fake_hypercall_spy = refuse;
	assert_int_equal(evtchn_alloc_unbound(FAKE_DOM0, count, NULL, &port), -EPERM);
	assert_int_equal(port, 99);
}

static void virqs(void **state)
{
	evtchn_port_t port, again;

	(void)state;
	start();
	assert_int_equal(evtchn_bind_virq(VIRQ_DEBUG, count, NULL, &port), 0);
	assert_int_equal(evtchn_bind_virq(VIRQ_DEBUG, count, NULL, &again), -EEXIST);
	fake_virq_raise(VIRQ_DEBUG);
	assert_int_equal(evtchn_dispatch(), 1);
	assert_int_equal(handled_port, port);
}

static void binding_to_an_offered_port(void **state)
{
	struct fake_channel *channel;
	evtchn_port_t theirs, port;

	(void)state;
	start();
	theirs = fake_channel_offer(FAKE_DOM0, &channel);
	assert_int_equal(evtchn_bind_interdomain(FAKE_DOM0, theirs + 1, count, NULL, &port),
			 -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(FAKE_DOM0, theirs, count, NULL, &port), 0);
	evtchn_dispatch(); /* whoever binds finds it pending */
	assert_int_equal(evtchn_notify(port), 0);
	assert_true(fake_channel_take(channel));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(events_go_both_ways),
	cmocka_unit_test(many_sends_are_one_event),
	cmocka_unit_test(a_sleeping_guest_is_woken),
	cmocka_unit_test(an_event_during_the_handler_is_not_lost),
	cmocka_unit_test(a_closed_port_is_not_handled_even_if_it_was_pending),
	cmocka_unit_test(a_reused_number_starts_clean),
	cmocka_unit_test(numbers_that_are_not_ours_are_refused),
	cmocka_unit_test(a_peer_that_goes_is_no_error),
	cmocka_unit_test(the_last_port_and_one_more),
	cmocka_unit_test(xen_may_refuse),
	cmocka_unit_test(virqs),
	cmocka_unit_test(binding_to_an_offered_port),
};

UNIT_MAIN(tests)
