/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: devices that are plugged in and taken away while the guest runs, in any order and in any
 *       state of the handshake (xenbus/bus.c, device.c).
 * Why:  what a toolstack does while a guest is not looking has many orders; each is to end in the
 *       devices that there are, with nothing held of those that are not.
 * How:  a driver that shares one page, and its back end on the fake xenstored. What is held is
 *       counted before and after.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/channel.h"
#include "xenbus/device.h"
#include "xenbus/shared_page.h"

/* --- the driver --- */

struct toy {
	struct shared_page page;
	struct xenbus_channel channel;
	unsigned int id;
	uint64_t colour; /* a node that the toolstack writes, and only probe reads */
	bool up;
};

static unsigned probes, removals, connects;
static unsigned found[8]; /* the numbers of those that were probed, in that order */
static struct toy *last;  /* the one that was found last, until it is removed */
static struct xenbus_device *last_device;

static int toy_probe(struct xenbus_device *dev)
{
	struct xenbus_property node = {.name = "colour"};
	int error = xenbus_read_all(dev->path, &node, 1);
	struct toy *toy = error == 0 ? heap_zalloc(sizeof(*toy)) : NULL;

	if (toy == NULL)
		return error != 0 ? error : -ENOMEM;
	found[probes++ % ARRAY_SIZE(found)] = dev->id;
	toy->id = dev->id;
	toy->colour = node.value;
	dev->driver_data = toy;
	last = toy;
	last_device = dev;
	return 0;
}

static void toy_event(void *arg)
{
	(void)arg;
}

static int toy_publish(struct xenbus_device *dev, struct xenbus_property node[])
{
	struct toy *toy = dev->driver_data;
	int error = shared_page_open(&toy->page, dev->backend_id);

	if (error == 0)
		error = xenbus_channel_open(&toy->channel, dev->backend_id, toy_event, toy);
	node[0] = (struct xenbus_property){.name = "page-ref", .value = toy->page.ref};
	node[1] = (struct xenbus_property){.name = "event-channel", .value = toy->channel.port};
	return error != 0 ? error : 2;
}

static int toy_connect(struct xenbus_device *dev)
{
	struct toy *toy = dev->driver_data;

	toy->up = true;
	connects++;
	return 0;
}

static void toy_stop(struct xenbus_device *dev)
{
	struct toy *toy = dev->driver_data;

	toy->up = false;
}

static void toy_release(struct xenbus_device *dev)
{
	struct toy *toy = dev->driver_data;

	assert_false(toy->up);
	xenbus_channel_close(&toy->channel);
	shared_page_close(&toy->page);
}

static void toy_removed(struct xenbus_device *dev)
{
	struct toy *toy = dev->driver_data;

	assert_null(toy->page.data);
	assert_int_equal(toy->channel.port, 0);
	removals++;
	if (toy == last)
		last = NULL;
	heap_free(toy);
}

static struct xenbus_driver toy_driver = {
	.type = "toy",
	.published = XenbusStateConnected,
	.probe = toy_probe,
	.publish = toy_publish,
	.connect = toy_connect,
	.stop = toy_stop,
	.release = toy_release,
	.removed = toy_removed,
};

static unsigned toys(void)
{
	unsigned count = 0;

	while (xenbus_device_find(&toy_driver, count) != NULL)
		count++;
	return count;
}

/* --- its back end --- */

struct toyback {
	struct fake_backend backend;
	struct fake_channel *channel;
	grant_ref_t ref; /* 0: nothing is mapped */
};

static bool toyback_connect(struct fake_backend *backend)
{
	struct toyback *self = (struct toyback *)backend;
	const long long ref = fake_front_number(backend, "page-ref");
	const long long port = fake_front_number(backend, "event-channel");
	int status;

	if (ref <= 0 || port <= 0 || !fake_gnttab_map(FAKE_DOM0, (grant_ref_t)ref, false, &status))
		return false;
	self->ref = (grant_ref_t)ref;
	self->channel = fake_channel_bind(FAKE_DOM0, (evtchn_port_t)port);
	return self->channel != NULL;
}

static void toyback_disconnect(struct fake_backend *backend)
{
	struct toyback *self = (struct toyback *)backend;

	if (self->ref != 0)
		fake_gnttab_unmap(self->ref, false);
	if (self->channel != NULL)
		fake_channel_close(self->channel);
	self->ref = 0;
	self->channel = NULL;
}

static bool toyback_work(struct fake_backend *backend)
{
	(void)backend;
	return false;
}

static struct toyback back[2];

/* Plugs in toy `id` of that colour: all is there before the guest can look. */
static void plug(unsigned id, unsigned colour)
{
	struct fake_backend *backend = &back[id].backend;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/7/device/toy/%u/colour", id);
	fake_store_write(path, "%u", colour);
	if (backend->type != NULL) {
		fake_backend_plug(backend);
		return;
	}
	*backend = (struct fake_backend){.type = "toy",
					 .id = id,
					 .connect = toyback_connect,
					 .disconnect = toyback_disconnect,
					 .work = toyback_work};
	fake_backend_start(backend);
}

static void unplug(unsigned id)
{
	fake_backend_unplug(&back[id].backend);
}

static void start(void)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	fake_kernel_start("lodger.log=debug");
	fake_kernel_init();
	xenbus_driver_register(&toy_driver);
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	fake_kernel_run(TIME_S);
}

/* What is held when a device has come and gone: the heap and the grant table have their first pages. */
static struct held held_without_devices(void)
{
	plug(0, 0);
	fake_kernel_run(TIME_S);
	unplug(0);
	fake_kernel_run(10 * TIME_S);
	assert_int_equal(toys(), 0);
	probes = removals = connects = 0;
	return held_now();
}

static void assert_connected(unsigned id, unsigned colour)
{
	assert_true(fake_backend_connected(&back[id].backend));
	assert_non_null(last);
	assert_true(last->up);
	assert_int_equal(last->id, id);
	assert_int_equal(last->colour, colour);
}

/* --- in order --- */

static void a_device_plugged_in_later_is_found(void **state)
{
	(void)state;
	start();
	assert_int_equal(toys(), 0);
	plug(0, 1);
	fake_kernel_run(TIME_S);
	assert_connected(0, 1);
	assert_int_equal(toys(), 1);
	assert_int_equal(probes, 1);
	assert_int_equal(fake_console_lines_with("device/toy/0: plugged in"), 1);
}

static void one_that_was_there_at_boot_is_found_once(void **state)
{
	(void)state;
	fake_store_start();
	plug(0, 1);
	start();
	assert_connected(0, 1);
	assert_int_equal(probes, 1);
	assert_int_equal(removals, 0);
	assert_int_equal(fake_console_lines_with("plugged in"), 0);
}

/* Nodes of our own in devices that we know are no news: the directory is listed once. */
static void what_we_write_ourselves_is_not_looked_at(void **state)
{
	unsigned long listed;

	(void)state;
	fake_store_start();
	plug(0, 1);
	start();
	assert_int_equal(fake_store_requests(XS_DIRECTORY), 1);
	listed = fake_store_requests(XS_DIRECTORY);
	for (int i = 0; i < 5; i++) {
		fake_backend_restart(&back[0].backend);
		fake_kernel_run(60 * TIME_S);
	}
	assert_connected(0, 1);
	assert_int_equal(connects, 6);
	assert_int_equal(fake_store_requests(XS_DIRECTORY), listed);
}

static void it_may_go_and_come_again(void **state)
{
	struct held before;

	(void)state;
	start();
	plug(1, 7);
	fake_kernel_run(TIME_S);
	before = held_now();
	for (unsigned round = 1; round <= 20; round++) {
		plug(0, round);
		fake_kernel_run(TIME_S);
		assert_connected(0, round);
		assert_int_equal(toys(), 2);
		fake_backend_ask_out(&back[0].backend);
		fake_kernel_run(TIME_S);
		assert_int_equal(back[0].backend.state, XenbusStateClosed);
		assert_int_equal(fake_front_state(&back[0].backend), XenbusStateClosed);
		assert_int_equal(removals, round);
		unplug(0);
		fake_kernel_run(TIME_S);
		assert_int_equal(toys(), 1);
		assert_held(before);
	}
	assert_int_equal(probes, 21);
	assert_true(fake_backend_connected(&back[1].backend));
	assert_int_equal(connects, 21);
}

/* It goes when it is asked to. */
static void ask_out(void)
{
	start();
	plug(0, 1);
	fake_kernel_run(TIME_S);
	fake_backend_ask_out(&back[0].backend);
	fake_kernel_run(TIME_S);
	assert_int_equal(removals, 1);
}

/* Its nodes stay until the toolstack removes them: it is not taken for a new device. */
static void one_that_is_on_its_way_out_is_not_taken_for_new(void **state)
{
	unsigned long requests;

	(void)state;
	ask_out();
	requests = fake_store_requests_all();
	fake_kernel_run(600 * TIME_S);
	assert_int_equal(fake_store_requests_all(), requests);
	assert_int_equal(probes, 1);
	assert_int_equal(toys(), 0);
}

/* The toolstack removes its nodes meanwhile, the back end's first; the guest may not see where they were. */
static void nor_is_one_whose_back_end_is_gone(void **state)
{
	char path[96];

	(void)state;
	ask_out();
	fake_store_remove(back[0].backend.back);
	snprintf(path, sizeof(path), "%s/touched", back[0].backend.front);
	fake_store_write(path, "1");
	fake_kernel_run(TIME_S);
	assert_int_equal(probes, 1);
	assert_int_equal(toys(), 0);
}

/* --- out of order --- */

/* Brings toy 0 into each state of the handshake. */
static void bring_to(enum handshake_state want)
{
	struct fake_backend *backend = &back[0].backend;

	plug(0, 1);
	if (want == HANDSHAKE_INITIALISING)
		fake_backend_state(backend, XenbusStateInitialising);
	backend->deaf = want == HANDSHAKE_INITIALISING || want == HANDSHAKE_PUBLISHED;
	fake_kernel_run(TIME_S);
	if (want == HANDSHAKE_CLOSING) {
		/* It goes on as if nothing were. */
		backend->deaf = true;
		xenbus_device_fail(last_device, -EPROTO, "as a test wants it");
		fake_kernel_run(TIME_S);
	}
	if (want == HANDSHAKE_CLOSED) {
		backend->deaf = true;
		fake_backend_state(backend, XenbusStateClosing);
		fake_kernel_run(TIME_S);
	}
	assert_int_equal(last_device->state, want);
}

static void in_any_state_it_may_vanish(void **state)
{
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	for (unsigned want = 0; want < HANDSHAKE_STATES; want++) {
		bring_to((enum handshake_state)want);
		unplug(0);
		fake_kernel_run(TIME_S);
		assert_int_equal(toys(), 0);
		assert_int_equal(removals, want + 1);
		assert_held(before);
	}
	plug(0, 2);
	fake_kernel_run(TIME_S);
	assert_connected(0, 2);
}

static void only_its_own_nodes_may_vanish(void **state)
{
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	for (unsigned want = 0; want < HANDSHAKE_STATES; want++) {
		bring_to((enum handshake_state)want);
		fake_store_remove("/local/domain/7/device/toy/0");
		fake_kernel_run(TIME_S);
		assert_int_equal(removals, want + 1);
		/* The back end notices later. */
		unplug(0);
		fake_kernel_run(10 * TIME_S);
		assert_int_equal(toys(), 0);
		assert_held(before);
	}
}

/* The directory of all, and the one above it. */
static void whole_directories_may_vanish(void **state)
{
	static const char *const paths[] = {
		"/local/domain/7/device/toy",
		"/local/domain/7/device",
	};
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		plug(0, 1);
		plug(1, 2);
		fake_kernel_run(TIME_S);
		assert_int_equal(toys(), 2);
		fake_store_remove(paths[i]);
		fake_kernel_run(TIME_S);
		assert_int_equal(toys(), 0);
		unplug(0);
		unplug(1);
		fake_kernel_run(10 * TIME_S);
		assert_held(before);
	}
}

/*
 * Away and there again before the guest looks: another device by the same name. (In INITIALISING
 * nothing has been shared, and nothing tells the two apart; see device_replaced.)
 */
static void in_any_state_it_may_be_replaced(void **state)
{
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	for (unsigned want = HANDSHAKE_PUBLISHED; want < HANDSHAKE_STATES; want++) {
		bring_to((enum handshake_state)want);
		unplug(0);
		plug(0, 2);
		fake_kernel_run(10 * TIME_S);
		assert_connected(0, 2);
		assert_int_equal(toys(), 1);
		assert_int_equal(removals + 1, probes);
		unplug(0);
		fake_kernel_run(TIME_S);
		assert_held(before);
	}
}

/* The back end goes without having let go: its page is not used for anything else. */
static void a_page_that_stays_mapped_is_parked(void **state)
{
	int status;
	grant_ref_t ref;

	(void)state;
	start();
	plug(0, 1);
	fake_kernel_run(TIME_S);
	ref = back[0].ref;
	assert_non_null(fake_gnttab_map(FAKE_DOM0, ref, false, &status));
	unplug(0);
	fake_kernel_run(TIME_S);
	assert_int_equal(toys(), 0);
	assert_int_equal(held_now().parked, 1);
	fake_gnttab_unmap(ref, false);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(held_now().parked, 0);
}

/* Asked out, but it never finishes: patience with it has an end. */
static void one_that_does_not_close_is_given_up(void **state)
{
	(void)state;
	start();
	plug(0, 1);
	fake_kernel_run(TIME_S);
	back[0].backend.deaf = true;
	fake_backend_ask_out(&back[0].backend);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(removals, 1);
	assert_int_equal(toys(), 0);
}

/* A toolstack without transactions: what is missing as yet comes. */
static void half_a_device_is_waited_for(void **state)
{
	static const char *const nodes[][2] = {
		{"/local/domain/7/device/toy/0/backend", "/local/domain/0/backend/toy/7/0"},
		{"/local/domain/7/device/toy/0/backend-id", "0"},
		{"/local/domain/0/backend/toy/7/0/online", "1"},
		{"/local/domain/7/device/toy/0/state", "1"},
	};

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		fake_store_write(nodes[i][0], "%s", nodes[i][1]);
		fake_kernel_run(TIME_S);
	}
	assert_int_equal(toys(), 1);
	plug(0, 1);
	fake_kernel_run(TIME_S);
	assert_true(last->up);
}

/* The nodes of a device without a back end that would answer. */
static void lay_out(unsigned id)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/0/backend/toy/7/%u/online", id);
	fake_store_write(path, "1");
	snprintf(path, sizeof(path), "/local/domain/7/device/toy/%u/backend-id", id);
	fake_store_write(path, "0");
	snprintf(path, sizeof(path), "/local/domain/7/device/toy/%u/state", id);
	fake_store_write(path, "1");
	snprintf(path, sizeof(path), "/local/domain/7/device/toy/%u/backend", id);
	fake_store_write(path, "/local/domain/0/backend/toy/7/%u", id);
}

/* However the store lists them. */
static void they_are_found_in_the_order_of_their_numbers(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	lay_out(10);
	lay_out(2);
	lay_out(1);
	fake_kernel_start(NULL);
	fake_kernel_init();
	xenbus_driver_register(&toy_driver);
	fake_kernel_run(TIME_S);
	assert_int_equal(probes, 3);
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 2);
	assert_int_equal(found[2], 10);
	lay_out(12);
	lay_out(11);
	fake_kernel_run(TIME_S);
	assert_int_equal(probes, 5);
	assert_int_equal(found[3], 11);
	assert_int_equal(xenbus_device_find(&toy_driver, 4)->id, 12);
}

/* --- bounds --- */

static void there_are_not_more_than_a_bound(void **state)
{
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	for (int round = 0; round < 2; round++) {
		for (unsigned id = 10; id < 110; id++)
			lay_out(id);
		fake_kernel_run(10 * TIME_S);
		assert_int_equal(toys(), 64);
		/* As soon as there is room, one that was refused gets it. */
		fake_store_remove("/local/domain/7/device/toy/10");
		fake_kernel_run(10 * TIME_S);
		assert_int_equal(toys(), 64);
		fake_store_remove("/local/domain/7/device/toy");
		fake_kernel_run(10 * TIME_S);
		assert_int_equal(toys(), 0);
		assert_held(before);
	}
}

/* Faster than anybody can follow. Only what is there in the end counts. */
static void a_storm_of_changes_is_bounded(void **state)
{
	unsigned long listed;
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	listed = fake_store_requests(XS_DIRECTORY);
	for (int i = 0; i < 1000; i++) {
		plug(0, 1);
		if (i % 3 == 0)
			fake_kernel_run(TIME_MS);
		unplug(0);
		if (i % 7 == 0)
			fake_kernel_run(TIME_MS);
	}
	/* Half a second of it: a look each 100 ms. */
	assert_in_range(fake_store_requests(XS_DIRECTORY) - listed, 1, 10);
	fake_kernel_run(TIME_S);
	assert_int_equal(toys(), 0);
	assert_held(before);
	plug(0, 5);
	fake_kernel_run(TIME_S);
	assert_connected(0, 5);
}

/* A back end that says that it goes, is believed, and is there again at once. */
static void a_back_end_that_comes_and_goes_is_not_followed_too_fast(void **state)
{
	char path[96];

	(void)state;
	start();
	plug(0, 1);
	fake_kernel_run(TIME_S);
	snprintf(path, sizeof(path), "%s/online", back[0].backend.back);
	for (int i = 0; i < 1000; i++) {
		if (fake_store_number(path, 0) == 1 && fake_backend_connected(&back[0].backend))
			fake_backend_ask_out(&back[0].backend);
		fake_kernel_run(10 * TIME_MS);
		fake_store_write(path, "1");
		if (back[0].backend.state == XenbusStateClosed)
			fake_backend_state(&back[0].backend, XenbusStateInitWait);
		fake_store_write("/local/domain/7/device/toy/0/state", "1");
	}
	assert_in_range(probes, 1, 110); /* in ten seconds */
}

/* Watch events of things that are no devices, from a store that makes them up. */
static void events_about_nothing_change_nothing(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"device",
		"devic",
		"devices",
		"device/",
		"device//",
		"device/toy",
		"device/toy/",
		"device/toy//",
		"device/toys/0",
		"device/toy/x",
		"device/toy/x/y",
		"device/toy/1",
		"device/toy/1/state",
		"device/toy/99999999999999999999999/state",
		"device/toy/4294967296/state",
		"device/suspend/event-channel",
	};

	(void)state;
	start();
	plug(0, 1);
	fake_kernel_run(TIME_S);
	/* Our watches have the numbers 1 and up. */
	for (char token = '0'; token < '9'; token++)
		for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
			const char value[2] = {token, '\0'};
			const size_t len = strlen(paths[i]) + 1;
			const struct xsd_sockmsg header = {.type = XS_WATCH_EVENT,
							   .len = (uint32_t)(len + 2)};

			fake_store_push(&header, sizeof(header));
			fake_store_push(paths[i], len);
			fake_store_push(value, 2);
			fake_kernel_run(200 * TIME_MS);
		}
	assert_connected(0, 1);
	assert_int_equal(probes, 1);
	assert_int_equal(connects, 1);
}

static void names_that_are_no_numbers_are_no_devices(void **state)
{
	static const char *const names[] = {"x",   "-1", "4294967296",
					    "0x1", "1x", "18446744073709551617"};
	char path[96];

	(void)state;
	start();
	plug(0, 1);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/local/domain/7/device/toy/%s/backend", names[i]);
		fake_store_write(path, "/local/domain/0/backend/toy/7/0");
	}
	fake_kernel_run(TIME_S);
	assert_int_equal(toys(), 1);
	assert_connected(0, 1);
}

/* --- when there is no memory, or no answer --- */

static void it_comes_and_goes_whichever_allocation_fails(void **state)
{
	struct held before;
	unsigned long n;

	(void)state;
	start();
	before = held_without_devices();
	for (n = 1;; n++) {
		fake_fail_allocation(n);
		plug(0, (unsigned)n);
		for (int i = 0; i < 90 && !(last != NULL && last->up); i++)
			fake_kernel_run(TIME_S);
		assert_connected(0, (unsigned)n);
		fake_backend_ask_out(&back[0].backend);
		fake_kernel_run(30 * TIME_S);
		unplug(0);
		for (int i = 0; i < 90 && toys() > 0; i++)
			fake_kernel_run(TIME_S);
		fake_kernel_run(2 * TIME_S);
		assert_int_equal(toys(), 0);
		assert_held(before);
		if (!fake_allocation_failed())
			break;
	}
	fake_fail_allocation(0);
	assert_true(n > 20); /* there were so many, and each has failed */
}

static unsigned swallowed;

static void swallow(struct fake_message *message)
{
	if (message->header.type == XS_WATCH_EVENT)
		return;
	message->copies = 0;
	swallowed++;
}

static void a_silence_of_the_store_costs_no_device(void **state)
{
	struct held before;

	(void)state;
	start();
	before = held_without_devices();
	plug(0, 1);
	fake_store_mangle = swallow;
	fake_kernel_run(20 * TIME_S);
	assert_true(swallowed > 0);
	assert_int_equal(toys(), 0);
	fake_store_mangle = NULL;
	fake_kernel_run(20 * TIME_S);
	assert_connected(0, 1);
	/* And when it is silent while the device goes. */
	fake_store_mangle = swallow;
	unplug(0);
	fake_kernel_run(20 * TIME_S);
	fake_store_mangle = NULL;
	fake_kernel_run(20 * TIME_S);
	assert_int_equal(toys(), 0);
	assert_held(before);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_device_plugged_in_later_is_found),
	cmocka_unit_test(one_that_was_there_at_boot_is_found_once),
	cmocka_unit_test(what_we_write_ourselves_is_not_looked_at),
	cmocka_unit_test(it_may_go_and_come_again),
	cmocka_unit_test(one_that_is_on_its_way_out_is_not_taken_for_new),
	cmocka_unit_test(nor_is_one_whose_back_end_is_gone),
	cmocka_unit_test(in_any_state_it_may_vanish),
	cmocka_unit_test(only_its_own_nodes_may_vanish),
	cmocka_unit_test(whole_directories_may_vanish),
	cmocka_unit_test(in_any_state_it_may_be_replaced),
	cmocka_unit_test(a_page_that_stays_mapped_is_parked),
	cmocka_unit_test(one_that_does_not_close_is_given_up),
	cmocka_unit_test(half_a_device_is_waited_for),
	cmocka_unit_test(they_are_found_in_the_order_of_their_numbers),
	cmocka_unit_test(there_are_not_more_than_a_bound),
	cmocka_unit_test(a_storm_of_changes_is_bounded),
	cmocka_unit_test(a_back_end_that_comes_and_goes_is_not_followed_too_fast),
	cmocka_unit_test(events_about_nothing_change_nothing),
	cmocka_unit_test(names_that_are_no_numbers_are_no_devices),
	cmocka_unit_test(it_comes_and_goes_whichever_allocation_fails),
	cmocka_unit_test(a_silence_of_the_store_costs_no_device),
};

UNIT_MAIN(tests)
