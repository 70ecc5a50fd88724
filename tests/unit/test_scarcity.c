/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: every place that asks for memory, a grant or a port, when it gets none.
 * Why:  errors that never happen are handled by code that never ran.
 * How:  as SQLite does: the same work again and again, and each time the next allocation (or
 *       hypercall) of it fails, once, until the work needs fewer than that. It may fail for it, but
 *       must leave nothing behind, and devices must be connected again soon after.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include <xen/errno.h>

#include "blkfront/blkfront.h"
#include "netfront/netfront.h"
#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"
#include "xenbus/watch.h"
#include "xenbus/xenbus.h"

static struct fake_netback *nb;
static struct fake_blkback *bb;
static struct netfront *nf;
static struct blkfront *bf;
static size_t frames;

static void receive(void *context, const void *frame, size_t len)
{
	(void)context;
	(void)frame;
	(void)len;
	frames++;
}

static const struct netfront_client client = {.receive = receive};

static void start(void)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	fake_store_allow("/local/domain/7/test");
	nb = fake_netback_start(0);
	bb = fake_blkback_start(51712, 2048, 512, false, true);
	fake_kernel_start("lodger.log=error");
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	nf = netfront_open(0);
	bf = blkfront_open(0);
	assert_true(nf && bf);
	netfront_set_client(nf, &client);
	fake_kernel_run(TIME_MS);
}

static void assert_both_work(void)
{
	static const uint8_t frame[60];
	const size_t sent = nb->frames_sent, received = frames;
	uint8_t data[1000];

	assert_int_equal(netfront_send(nf, frame, sizeof(frame)), 0);
	fake_netback_deliver(nb, frame, sizeof(frame));
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames_sent, sent + 1);
	assert_int_equal(frames, received + 1);
	assert_int_equal(blkfront_read(bf, 3, data, sizeof(data)), 0);
}

/* Both sides say so, and the drivers have noticed. */
static bool connected(void)
{
	struct netfront_info net;
	struct blkfront_info disk;

	netfront_info(nf, &net);
	blkfront_info(bf, &disk);
	return fake_backend_connected(&nb->backend) && fake_backend_connected(&bb->backend) &&
	       net.link && disk.connected;
}

static void reconnect(void)
{
	fake_backend_restart(&nb->backend);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	for (int i = 0; i < 90 && !connected(); i++)
		fake_kernel_run(TIME_S);
	if (!connected())
		print_message("%s", fake_console_output());
	assert_true(connected());
	fake_kernel_run(TIME_MS);
}

static void devices_connect_whichever_allocation_fails(void **state)
{
	struct held before;
	unsigned long n = 1;

	(void)state;
	start();
	assert_both_work();
	reconnect();
	before = held_now();
	for (;; n += 1 + n / 50) {
		fake_fail_allocation(n);
		reconnect();
		if (!fake_allocation_failed())
			break;
		assert_both_work();
		assert_held(before);
	}
	fake_fail_allocation(0);
	assert_true(n > 100); /* there were so many, and each has failed */
}

/* Once in a while Xen refuses, too. */
static unsigned long calls_left;

static long refuse(unsigned op, unsigned long command, unsigned long arg)
{
	(void)arg;
	if (op != __HYPERVISOR_event_channel_op || command != EVTCHNOP_alloc_unbound)
		return 0;
	return calls_left && --calls_left == 0 ? -XEN_ENOSPC : 0;
}

static void devices_connect_although_xen_has_no_port_at_first(void **state)
{
	struct held before;

	(void)state;
	start();
	reconnect();
	before = held_now();
	fake_hypercall_spy = refuse;
	for (unsigned long n = 1; n <= 3; n++) {
		calls_left = n;
		reconnect();
		assert_both_work();
		assert_held(before);
	}
}

/* All grants are gone: the devices wait, and connect when there are some again. */
static void devices_connect_when_there_are_grants_again(void **state)
{
	static grant_ref_t refs[FAKE_GRANTS];
	struct held before;
	size_t count = 0;
	void *page;

	(void)state;
	start();
	before = held_now();
	page = page_alloc();
	while (gnttab_grant(FAKE_DOM0, page, true, &refs[count]) == 0)
		count++;
	fake_backend_restart(&nb->backend);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_MS);
	/* What the devices gave back is taken as well. */
	while (gnttab_grant(FAKE_DOM0, page, true, &refs[count]) == 0)
		count++;
	fake_kernel_run(60 * TIME_S);
	while (count)
		assert_int_equal(gnttab_end(refs[--count]), 0);
	page_free(page);
	fake_kernel_run(60 * TIME_S);
	assert_true(connected());
	assert_both_work();
	assert_int_equal(held_now().grants, before.grants);
}

static void swallow(struct fake_message *message)
{
	message->copies = 0;
}

/* Begun at any moment of the handshake; what xenstored does not say is not taken for an answer. */
static void a_silence_of_the_store_costs_no_device(void **state)
{
	struct held before;

	(void)state;
	start();
	reconnect();
	before = held_now();
	for (uint64_t after_ns = TIME_US; after_ns < 100 * TIME_MS; after_ns *= 3) {
		fake_backend_restart(&nb->backend);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(after_ns);
		fake_store_mangle = swallow;
		fake_kernel_run(40 * TIME_S);
		fake_store_mangle = NULL;
		fake_kernel_run(60 * TIME_S);
		assert_true(connected());
		assert_both_work();
		assert_held(before);
	}
	/* And while all is well it disturbs nobody. */
	fake_store_mangle = swallow;
	fake_backend_state(&nb->backend, XenbusStateConnected);
	fake_kernel_run(40 * TIME_S);
	assert_both_work();
}

static void changed(struct xenbus_watch *watch)
{
	(void)watch;
}

static int write_one(xenbus_tx_t tx, void *arg)
{
	(void)arg;
	return xenbus_write(tx, "test/t", "1");
}

static void nothing(void *arg)
{
	(void)arg;
}

static void every_call_survives_every_failure(void **state)
{
	static struct xenbus_watch watch = {.path = "test/w", .changed = changed};
	struct held before;
	unsigned long n = 1;

	(void)state;
	start();
	fake_store_write("/local/domain/7/test/a", "1");
	(void)xenbus_watch(&watch);
	(void)xenbus_unwatch(&watch);
	before = held_now();
	for (;; n++) {
		struct xenbus_property properties[] = {{.name = "a"}, {.name = "b"}};
		struct thread *thread;
		uint8_t data[100];
		uint64_t number;
		char *text, **names;

		fake_fail_allocation(n);
		if (xenbus_read(XENBUS_NO_TX, "test/a", &text, NULL) == 0)
			heap_free(text);
		else
			assert_null(text);
		if (xenbus_list(XENBUS_NO_TX, "test", &names) > 0)
			heap_free(names);
		(void)xenbus_write(XENBUS_NO_TX, "test/b", "%d", 2);
		(void)xenbus_read_u64(XENBUS_NO_TX, "test", "a", &number);
		(void)xenbus_read_all("test", properties, 2);
		(void)xenbus_write_all("test", properties, 2);
		(void)xenbus_transact(write_one, NULL);
		if (xenbus_watch(&watch) == 0)
			(void)xenbus_unwatch(&watch);
		(void)blkfront_read(bf, 3, data, sizeof(data));
		(void)blkfront_write(bf, 3, data, sizeof(data));
		thread = thread_create("short", nothing, NULL, 0);
		fake_kernel_run(TIME_S);
		if (!fake_allocation_failed())
			break;
		assert_held(before);
		(void)thread;
	}
	fake_fail_allocation(0);
	assert_true(n > 15);
	assert_both_work();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(devices_connect_whichever_allocation_fails),
	cmocka_unit_test(devices_connect_although_xen_has_no_port_at_first),
	cmocka_unit_test(devices_connect_when_there_are_grants_again),
	cmocka_unit_test(a_silence_of_the_store_costs_no_device),
	cmocka_unit_test(every_call_survives_every_failure),
};

UNIT_MAIN(tests)
