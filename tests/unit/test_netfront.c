/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront/ over the bus, with a back end that is correct: connecting, frames both ways, full
 *       rings, back ends and devices that come and go.
 * Why:  all that a program does with its network passes here, and a driver domain that restarts must
 *       cost it a moment and nothing else.
 * How:  a fake netback on the real rings, as strict as Linux', and a user who compares each frame.
 *       The features are in test_netfront_features.c, the lies in test_netfront_hostile.c.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

static struct fake_netuser user[2];

static const struct fake_frame *small(void)
{
	static struct fake_frame frame;

	frame = fake_frame_make(false, FAKE_UDP, 18, false);
	return &frame;
}

static void it_connects_and_frames_flow(void **state)
{
	struct netfront_info info;

	(void)state;
	netuser_boot(user, 1, NULL);
	netfront_info(user[0].nf, &info);
	assert_memory_equal(info.mac, "\x00\x16\x3e\x00\x00\x01", 6);
	assert_int_equal(info.mtu, 1500);
	assert_true(info.link);
	assert_int_equal(info.features.queues, 1);
	assert_int_equal(user[0].links_up, 1);
	assert_traffic(user);
	assert_null(netfront_open(1));
	assert_int_equal(fake_gnttab_mapped(), 2); /* the rings, and nothing that was answered */
}

/* The frame and its event are there before the guest says that it is connected: no other comes. */
static void a_frame_that_came_before_the_connection_is_seen(void **state)
{
	struct fake_netback *nb;

	(void)state;
	fake_console_start();
	fake_store_start();
	nb = fake_netback_start(0);
	fake_netback_deliver(nb, "fourteen bytes, and more than that", 34);
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	user[0].nf = netfront_open(0);
	fake_kernel_run(TIME_S);
	assert_int_equal(nb->rx_delivered, 1);
	assert_int_equal(netuser_stats(user).rx_unclaimed, 1); /* there was no client yet */
}

static void frames_of_every_length(void **state)
{
	static uint8_t bytes[1515];
	struct fake_frame frame = {.bytes = bytes};

	(void)state;
	netuser_boot(user, 1, NULL);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (frame.len = 14; frame.len <= 1514; frame.len += 1 + frame.len / 16) {
		assert_frame_out(user, &frame);
		assert_frame_in(user, 0, &frame);
	}
	frame.len = 1514;
	assert_frame_out(user, &frame);
	frame.len = 13;
	assert_int_equal(netuser_send(user, &frame), -EMSGSIZE);
	frame.len = 1515;
	assert_int_equal(netuser_send(user, &frame), -EMSGSIZE);
	frame.len = 0;
	assert_int_equal(netuser_send(user, &frame), -EMSGSIZE);
	frame.len = SIZE_MAX;
	assert_int_equal(netuser_send(user, &frame), -EMSGSIZE);
}

/* Round the ring many times over, in every order that a back end may choose. */
static void thousands_of_frames(bool reversed)
{
	struct fake_netback *nb;
	struct held before;
	unsigned long sends;
	struct fake_frame frame = *small();

	netuser_boot(user, 1, NULL);
	nb = user[0].nb;
	nb->tx_reversed = nb->rx_reversed = reversed;
	before = netuser_settle(user);
	const size_t sent = nb->frames_sent, frames = user[0].frames;

	sends = fake_hypercalls(__HYPERVISOR_event_channel_op);
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(frame.bytes + 42, &i, sizeof(i));
		while (netuser_send(user, &frame) == -EAGAIN)
			assert_int_equal(waitq_wait(&user[0].changed, time_in(TIME_S)), 0);
		if (i % 500 == 499) {
			for (uint32_t j = 0; j < 500; j++)
				fake_netback_give(nb, 0, &frame);
			fake_kernel_run(TIME_MS);
		}
	}
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames_sent, sent + 5000);
	for (uint32_t i = 5000 - FAKE_FRAMES; i < 5000; i++)
		assert_memory_equal(fake_netback_frame(nb, sent + i)->bytes + 42, &i, sizeof(i));
	assert_int_equal(user[0].frames, frames + 5000);
	assert_true(netuser_stats(user).tx_busy > 0 && user[0].writable > 0);
	/* Batches, not a hypercall for each frame. */
	assert_true(fake_hypercalls(__HYPERVISOR_event_channel_op) - sends < 1250);
	assert_settles(user, before);
}

static void thousands_of_frames_in_order(void **state)
{
	(void)state;
	thousands_of_frames(false);
}

static void thousands_of_frames_out_of_order(void **state)
{
	(void)state;
	thousands_of_frames(true);
}

static void a_full_ring_says_so_and_tells_when_there_is_room(void **state)
{
	size_t queued = 0;

	(void)state;
	netuser_boot(user, 1, NULL);
	user[0].nb->stopped = true;
	while (netuser_send(user, small()) == 0)
		queued++;
	assert_in_range(queued, 32, 256);
	for (int i = 0; i < 10; i++)
		assert_int_equal(netuser_send(user, small()), -EAGAIN);
	fake_kernel_run(TIME_S);
	assert_int_equal(user[0].writable, 0);
	user[0].nb->stopped = false;
	fake_kernel_run(TIME_S);
	assert_int_equal(user[0].writable, 1);
	assert_int_equal(user[0].nb->frames_sent, queued);
	assert_traffic(user);
}

/* Frames that follow each other closely are shown together, and none is left behind. */
static void frames_are_shown_in_batches(void **state)
{
	RING_IDX shown, steps = 0;
	const RING_IDX *prod;

	(void)state;
	netuser_boot(user, 1, NULL);
	prod = &user[0].nb->queue[0].tx->req_prod;
	shown = *prod;
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(netuser_send(user, small()), 0);
		steps += *prod != shown;
		shown = *prod;
	}
	assert_in_range(steps, 200 / NETFRONT_BATCH, 20);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user[0].nb->frames_sent, 200);
}

static void an_error_of_the_back_end_is_counted(void **state)
{
	(void)state;
	netuser_boot(user, 1, NULL);
	user[0].nb->tx_status = NETIF_RSP_ERROR;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(netuser_send(user, small()), 0);
		fake_kernel_run(TIME_MS);
	}
	user[0].nb->tx_status = NETIF_RSP_OKAY;
	assert_traffic(user);
	/* They are looked at when there is no more room, not one by one. */
	assert_in_range(netuser_stats(user).tx_errors, 700, 1000);
	assert_int_equal(netuser_stats(user).violations, 0);
}

static void two_devices_do_not_mix(void **state)
{
	(void)state;
	user[0].nb = fake_netback_make(0);
	user[1].nb = fake_netback_make(3);
	netuser_boot(user, 2, NULL);
	assert_null(netfront_open(2));
	assert_int_equal(netuser_send(&user[1], small()), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user[1].nb->frames_sent, 1);
	assert_int_equal(user[0].nb->frames_sent, 0);
	assert_traffic(&user[0]);
	assert_int_equal(user[1].frames, 0);
	assert_traffic(&user[1]);
}

/* --- coming and going --- */

static void a_restart_of_the_back_end_is_survived(void **state)
{
	struct held before;

	(void)state;
	before = netuser_boot_one(user, NULL);
	for (unsigned i = 1; i <= 10; i++)
		assert_settles(user, before);
	assert_int_equal(user[0].links_down, 11);
	assert_int_equal(user[0].links_up, 12);
}

static void a_replaced_back_end_is_survived(void **state)
{
	struct held before;

	(void)state;
	before = netuser_boot_one(user, NULL);
	for (int i = 0; i < 10; i++) {
		fake_backend_replace(&user[0].nb->backend);
		if (i % 2)
			fake_kernel_run(30 * TIME_S);
		fake_kernel_run(60 * TIME_S);
		assert_true(fake_backend_connected(&user[0].nb->backend));
		assert_traffic(user);
	}
	assert_settles(user, before);
}

static void an_orderly_close_is_followed(void **state)
{
	struct held before;

	(void)state;
	before = netuser_boot_one(user, NULL);
	fake_backend_state(&user[0].nb->backend, XenbusStateClosing);
	fake_kernel_run(30 * TIME_S);
	assert_reconnects(user);
	assert_int_equal(user[0].nb->backend.connects, 3);
	assert_held(before);
}

static void frames_in_flight_are_dropped_with_the_connection(void **state)
{
	struct held before;
	uint64_t dropped;

	(void)state;
	before = netuser_boot_one(user, NULL);
	dropped = netuser_stats(user).tx_dropped;
	user[0].nb->stopped = true;
	for (int i = 0; i < 20; i++)
		assert_int_equal(netuser_send(user, small()), 0);
	fake_backend_restart(&user[0].nb->backend);
	fake_kernel_run(TIME_US);
	user[0].nb->stopped = false;
	assert_reconnects(user);
	/* And the one of assert_traffic, which nobody had asked about yet. */
	assert_in_range(netuser_stats(user).tx_dropped - dropped, 20, 21);
	assert_settles(user, before);
}

static void an_unplugged_device_is_let_go(void **state)
{
	struct held before;

	(void)state;
	netuser_boot(user, 2, NULL);
	(void)netuser_settle(&user[1]);
	before = netuser_settle(&user[0]);
	fake_backend_unplug(&user[1].nb->backend);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(user[1].removed, 1);
	assert_int_equal(user[1].links_down, 2);
	assert_null(netfront_open(1));
	assert_true(held_now().grants < before.grants && held_now().pages < before.pages);
	assert_true(held_now().ports < before.ports && held_now().objects < before.objects);
	assert_int_equal(held_now().parked, 0);
	assert_traffic(&user[0]);
}

static void a_back_end_that_never_answers_is_waited_for_without_harm(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	user[0].nb = fake_netback_start(0);
	user[0].nb->backend.deaf = true;
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(TIME_S)), -ETIMEDOUT);
	fake_kernel_run(300 * TIME_S);
	user[0].nb->backend.deaf = false;
	user[0].nb->backend.seen = 0;
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(xenbus_devices_ready(time_in(30 * TIME_S)), 0);
	netuser_open(user, 0);
	assert_traffic(user);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_connects_and_frames_flow),
	cmocka_unit_test(a_frame_that_came_before_the_connection_is_seen),
	cmocka_unit_test(frames_of_every_length),
	cmocka_unit_test(thousands_of_frames_in_order),
	cmocka_unit_test(thousands_of_frames_out_of_order),
	cmocka_unit_test(a_full_ring_says_so_and_tells_when_there_is_room),
	cmocka_unit_test(frames_are_shown_in_batches),
	cmocka_unit_test(an_error_of_the_back_end_is_counted),
	cmocka_unit_test(two_devices_do_not_mix),
	cmocka_unit_test(a_restart_of_the_back_end_is_survived),
	cmocka_unit_test(a_replaced_back_end_is_survived),
	cmocka_unit_test(an_orderly_close_is_followed),
	cmocka_unit_test(frames_in_flight_are_dropped_with_the_connection),
	cmocka_unit_test(an_unplugged_device_is_let_go),
	cmocka_unit_test(a_back_end_that_never_answers_is_waited_for_without_harm),
};

UNIT_MAIN(tests)
