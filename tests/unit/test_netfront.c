/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront/ over the bus: connecting, frames both ways, and a back end that is not to be
 *       trusted.
 * Why:  the peers' front ends believe what netback writes, and a broken or hostile one owns the
 *       guest. Here each lie in the list must cost that device one connection and nothing else.
 * How:  a fake netback on the real rings. Each attack writes into the ring or the store what a
 *       correct back end never would; afterwards frames must flow again, the console must have one
 *       line about it, and the guest must hold what it held before.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "netfront/netfront.h"
#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/device.h"

#define FRAME 60

static struct fake_netback *nb;
static struct netfront *nf;

/* What the client saw. */
static struct {
	size_t frames, bytes, links_up, links_down, writable;
	uint8_t last[2048];
	size_t last_len;
	struct waitq changed;
} seen;

static void receive(void *context, const void *frame, size_t len)
{
	assert_ptr_equal(context, &seen);
	assert_true(len <= sizeof(seen.last));
	memcpy(seen.last, frame, len);
	seen.last_len = len;
	seen.frames++;
	seen.bytes += len;
}

static void writable(void *context)
{
	(void)context;
	seen.writable++;
	waitq_wake_all(&seen.changed);
}

static void link_changed(void *context, bool up)
{
	(void)context;
	seen.links_up += up;
	seen.links_down += !up;
}

static const struct netfront_client client = {
	.receive = receive, .writable = writable, .link = link_changed, .context = &seen};

static void start(void)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	nb = fake_netback_start(0);
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	nf = netfront_open(0);
	assert_non_null(nf);
	netfront_set_client(nf, &client);
	fake_kernel_run(TIME_MS);
}

static struct netfront_stats stats(void)
{
	struct netfront_stats now;

	netfront_stats(nf, &now);
	return now;
}

/* One frame each way, whatever happened before. */
static void assert_traffic(void)
{
	uint8_t frame[FRAME];
	const size_t sent = nb->frames_sent, frames = seen.frames;

	memset(frame, (int)unit_random(), sizeof(frame));
	assert_int_equal(netfront_send(nf, frame, sizeof(frame)), 0);
	fake_netback_deliver(nb, frame, sizeof(frame));
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames_sent, sent + 1);
	assert_memory_equal(nb->frames[sent % FAKE_FRAMES].bytes, frame, sizeof(frame));
	assert_int_equal(seen.frames, frames + 1);
	assert_int_equal(seen.last_len, sizeof(frame));
	assert_memory_equal(seen.last, frame, sizeof(frame));
}

/* --- a correct back end --- */

static void it_connects_and_frames_flow(void **state)
{
	struct netfront_info info;

	(void)state;
	start();
	netfront_info(nf, &info);
	assert_memory_equal(info.mac, "\x00\x16\x3e\x00\x00\x01", 6);
	assert_int_equal(info.mtu, 1500);
	assert_true(info.link);
	assert_int_equal(seen.links_up, 1);
	assert_traffic();
	assert_null(netfront_open(1));
	assert_int_equal(fake_gnttab_mapped(), 2);
}

/* The frame and its event are there before the guest says that it is connected: no other comes. */
static void a_frame_that_came_before_the_connection_is_seen(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	nb = fake_netback_start(0);
	fake_netback_deliver(nb, "fourteen bytes, and more than that", 34);
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	nf = netfront_open(0);
	fake_kernel_run(TIME_S);
	assert_int_equal(nb->rx_delivered, 1);
	assert_int_equal(stats().rx_unclaimed, 1); /* there was no client yet */
}

static void frames_of_every_length(void **state)
{
	static uint8_t frame[1514];

	(void)state;
	start();
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 7);
	for (size_t len = 14; len <= 1514; len += 1 + len / 16) {
		const size_t sent = nb->frames_sent;

		assert_int_equal(netfront_send(nf, frame, len), 0);
		fake_netback_deliver(nb, frame, len);
		fake_kernel_run(TIME_MS);
		assert_int_equal(nb->frames[sent % FAKE_FRAMES].len, len);
		assert_memory_equal(nb->frames[sent % FAKE_FRAMES].bytes, frame, len);
		assert_int_equal(seen.last_len, len);
		assert_memory_equal(seen.last, frame, len);
	}
	assert_int_equal(netfront_send(nf, frame, 13), -EMSGSIZE);
	assert_int_equal(netfront_send(nf, frame, 1515), -EMSGSIZE);
	assert_int_equal(netfront_send(nf, frame, 0), -EMSGSIZE);
	assert_int_equal(netfront_send(nf, frame, SIZE_MAX), -EMSGSIZE);
}

/* Round the ring many times over, in every order that a back end may choose. */
static void thousands_of_frames(bool reversed)
{
	uint8_t frame[FRAME] = {0};
	struct held before;
	unsigned long sends;

	start();
	nb->tx_reversed = nb->rx_reversed = reversed;
	assert_traffic();
	before = held_now();
	sends = fake_hypercalls(__HYPERVISOR_event_channel_op);
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(frame, &i, sizeof(i));
		while (netfront_send(nf, frame, sizeof(frame)) == -EAGAIN)
			assert_int_equal(waitq_wait(&seen.changed, time_in(TIME_S)), 0);
		if (i % 500 == 499) {
			for (uint32_t j = 0; j < 500; j++)
				fake_netback_deliver(nb, frame, sizeof(frame));
			fake_kernel_run(TIME_MS);
		}
	}
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames_sent, 5001);
	for (uint32_t i = 5000 - FAKE_FRAMES; i < 5000; i++)
		assert_memory_equal(nb->frames[(i + 1) % FAKE_FRAMES].bytes, &i, sizeof(i));
	assert_int_equal(seen.frames, 5001);
	assert_true(stats().tx_full > 0 && seen.writable > 0);
	/* Batches, not a hypercall for each frame. */
	assert_true(fake_hypercalls(__HYPERVISOR_event_channel_op) - sends < 2500);
	assert_held(before);
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
	uint8_t frame[FRAME] = {0};
	size_t queued = 0;

	(void)state;
	start();
	nb->stopped = true;
	while (netfront_send(nf, frame, sizeof(frame)) == 0)
		queued++;
	assert_in_range(queued, 32, 256);
	for (int i = 0; i < 10; i++)
		assert_int_equal(netfront_send(nf, frame, sizeof(frame)), -EAGAIN);
	fake_kernel_run(TIME_S);
	assert_int_equal(seen.writable, 0);
	nb->stopped = false;
	fake_kernel_run(TIME_S);
	assert_int_equal(seen.writable, 1);
	assert_int_equal(nb->frames_sent, queued);
	assert_traffic();
}

static void an_error_of_the_back_end_is_counted(void **state)
{
	uint8_t frame[FRAME] = {0};

	(void)state;
	start();
	nb->tx_status = NETIF_RSP_ERROR;
	for (int i = 0; i < 1000; i++) {
		netfront_send(nf, frame, sizeof(frame));
		fake_kernel_run(TIME_US);
	}
	fake_kernel_run(TIME_MS);
	nb->tx_status = NETIF_RSP_OKAY;
	assert_traffic();
	assert_in_range(stats().tx_errors, 800, 1000);
	assert_int_equal(stats().violations, 0);
}

static void two_devices_do_not_mix(void **state)
{
	struct fake_netback *second;
	uint8_t frame[FRAME] = {2};

	(void)state;
	fake_console_start();
	fake_store_start();
	nb = fake_netback_start(0);
	second = fake_netback_start(3);
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	nf = netfront_open(1);
	assert_non_null(nf);
	assert_non_null(netfront_open(0));
	assert_null(netfront_open(2));
	assert_int_equal(netfront_send(nf, frame, sizeof(frame)), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(second->frames_sent, 1);
	assert_int_equal(nb->frames_sent, 0);
}

/* --- coming and going --- */

static void assert_reconnects(unsigned times)
{
	for (int i = 0; i < 60 && !fake_backend_connected(&nb->backend); i++)
		fake_kernel_run(TIME_S);
	assert_true(fake_backend_connected(&nb->backend));
	assert_int_equal(nb->backend.connects, times + 1);
	fake_kernel_run(TIME_MS);
	assert_traffic();
}

static void a_restart_of_the_back_end_is_survived(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	for (unsigned i = 1; i <= 10; i++) {
		fake_backend_restart(&nb->backend);
		assert_reconnects(i);
		assert_held(before);
	}
	assert_int_equal(seen.links_down, 10);
	assert_int_equal(seen.links_up, 11);
}

static void a_replaced_back_end_is_survived(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	for (int i = 0; i < 10; i++) {
		fake_backend_replace(&nb->backend);
		if (i % 2)
			fake_kernel_run(30 * TIME_S);
		fake_kernel_run(60 * TIME_S);
		assert_true(fake_backend_connected(&nb->backend));
		assert_traffic();
		assert_held(before);
	}
}

static void an_orderly_close_is_followed(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	fake_backend_state(&nb->backend, XenbusStateClosing);
	fake_kernel_run(30 * TIME_S);
	assert_reconnects(1);
	assert_held(before);
}

static void frames_in_flight_are_dropped_with_the_connection(void **state)
{
	uint8_t frame[FRAME] = {0};
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	nb->stopped = true;
	for (int i = 0; i < 20; i++)
		assert_int_equal(netfront_send(nf, frame, sizeof(frame)), 0);
	fake_backend_restart(&nb->backend);
	fake_kernel_run(TIME_US);
	nb->stopped = false;
	fake_kernel_run(5 * TIME_S);
	assert_reconnects(1);
	assert_int_equal(stats().tx_dropped, 20);
	assert_held(before);
}

static void an_unplugged_device_is_let_go(void **state)
{
	uint8_t frame[FRAME] = {0};

	(void)state;
	start();
	assert_traffic();
	fake_backend_unplug(&nb->backend);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(netfront_send(nf, frame, sizeof(frame)), -ENETDOWN);
	assert_int_equal(held_now().grants, 0);
	assert_int_equal(held_now().parked, 0);
}

static void a_back_end_that_never_answers_is_waited_for_without_harm(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	nb = fake_netback_start(0);
	nb->backend.deaf = true;
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(TIME_S)), -ETIMEDOUT);
	fake_kernel_run(300 * TIME_S);
	nb->backend.deaf = false;
	nb->backend.seen = 0;
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(xenbus_devices_ready(time_in(30 * TIME_S)), 0);
}

/* The back end goes, but keeps our pages mapped: they must not be used for anything else. */
static void pages_that_are_kept_stay_parked(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	/* A second mapping of each ring, which nobody undoes. */
	int status;
	const grant_ref_t tx = nb->tx_ref, rx = nb->rx_ref;

	assert_non_null(fake_gnttab_map(FAKE_DOM0, tx, false, &status));
	assert_non_null(fake_gnttab_map(FAKE_DOM0, rx, false, &status));
	fake_backend_restart(&nb->backend);
	fake_kernel_run(10 * TIME_S);
	assert_reconnects(1);
	assert_int_equal(held_now().parked, 2);
	assert_int_equal(held_now().pages, before.pages + 2);
	fake_gnttab_unmap(tx, false); /* would notice if the entry had been touched */
	fake_gnttab_unmap(rx, false);
	fake_kernel_run(5 * TIME_S);
	assert_held(before);
}

/* --- lies in xenstore --- */

static void start_with(const char *node, const char *value)
{
	fake_console_start();
	fake_store_start();
	nb = fake_netback_start(0);
	if (value)
		fake_store_write(node, "%s", value);
	else
		fake_store_remove(node);
	fake_kernel_start(NULL);
	fake_kernel_init();
	xenbus_devices_ready(time_in(5 * TIME_S));
	nf = netfront_open(0);
}

static void nonsense_in_the_store_is_refused_or_repaired(void **state)
{
	static const struct {
		const char *node, *value;
	} lies[] = {
		{"/local/domain/7/device/vif/0/mac", "nonsense"},
		{"/local/domain/7/device/vif/0/mac", ""},
		{"/local/domain/7/device/vif/0/mac", NULL},
		{"/local/domain/7/device/vif/0/mac", "01:00:5e:00:00:01"},
		{"/local/domain/7/device/vif/0/mac", "00:00:00:00:00:00"},
		{"/local/domain/7/device/vif/0/backend", ""},
		{"/local/domain/7/device/vif/0/backend", NULL},
		{"/local/domain/7/device/vif/0/backend-id", "x"},
		{"/local/domain/7/device/vif/0/backend-id", "-1"},
		{"/local/domain/7/device/vif/0/backend-id", "65536"},
		{"/local/domain/7/device/vif/0/backend-id", "32752"},
		{"/local/domain/7/device/vif/0/backend-id", NULL},
	};
	const size_t which = *(const size_t *)*state;

	start_with(lies[which].node, lies[which].value);
	assert_null(nf);
	assert_true(fake_console_lines_with("device/vif/0") >= 1);
	assert_int_equal(fake_gnttab_granted(), 0);
}

static void an_impossible_mtu_is_replaced(void **state)
{
	static const char *const mtus[] = {"0", "67", "4083", "65536", "18446744073709551615"};
	struct netfront_info info;
	const size_t which = *(const size_t *)*state;

	start_with("/local/domain/7/device/vif/0/mtu", mtus[which]);
	assert_non_null(nf);
	netfront_info(nf, &info);
	assert_int_equal(info.mtu, 1500);
}

static void a_large_mtu_is_used(void **state)
{
	static uint8_t frame[9018];

	(void)state;
	start_with("/local/domain/7/device/vif/0/mtu", "4082");
	assert_non_null(nf);
	fake_kernel_run(TIME_MS);
	assert_int_equal(netfront_send(nf, frame, 4096), 0);
	assert_int_equal(netfront_send(nf, frame, 4097), -EMSGSIZE);
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames[0].len, 4096);
}

static void a_device_without_a_number_is_passed_over(void **state)
{
	(void)state;
	start_with("/local/domain/7/device/vif/zero/mac", "00:16:3e:00:00:09");
	assert_non_null(nf);
	assert_null(netfront_open(1));
}

static void impossible_states_of_the_back_end(void **state)
{
	static const char *const states[] = {"", "9", "x", "-1", "4294967300", "0"};
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		fake_store_write("/local/domain/0/backend/vif/7/0/state", "%s", states[i]);
		fake_kernel_run(10 * TIME_S);
		/* It comes to its senses. */
		fake_backend_restart(&nb->backend);
		assert_reconnects(nb->backend.connects);
		assert_held(before);
	}
}

/* --- lies in the rings --- */

static void tx_producer_leaps(void)
{
	nb->tx->rsp_prod += 5000;
}

static void tx_producer_goes_back(void)
{
	nb->tx->rsp_prod -= 1;
}

static void tx_more_responses_than_requests(void)
{
	fake_netback_tx_respond(nb, (struct netif_tx_response){.id = 0});
}

static void tx_id_out_of_range(void)
{
	nb->tx_mangle = NULL;
	uint8_t frame[FRAME] = {0};

	nb->stopped = true;
	netfront_send(nf, frame, sizeof(frame));
	fake_netback_tx_respond(nb, (struct netif_tx_response){.id = 0xffff});
}

static void tx_id_never_sent(void)
{
	uint8_t frame[FRAME] = {0};

	nb->stopped = true;
	netfront_send(nf, frame, sizeof(frame));
	/* Buffers are used last in, first out: this one is at the other end of the stack. */
	fake_netback_tx_respond(nb, (struct netif_tx_response){.id = 100});
}

static void tx_id_twice(void)
{
	uint8_t frame[FRAME] = {0};
	struct netif_tx_request request;

	nb->stopped = true;
	netfront_send(nf, frame, sizeof(frame));
	netfront_send(nf, frame, sizeof(frame));
	request = *RING_GET_REQUEST(&nb->tx_ring, nb->tx_ring.req_cons);
	fake_netback_tx_respond(nb, (struct netif_tx_response){.id = request.id});
	fake_netback_tx_respond(nb, (struct netif_tx_response){.id = request.id});
}

static void rx_producer_leaps(void)
{
	nb->rx->rsp_prod += 300;
}

static void rx_producer_goes_back(void)
{
	nb->rx->rsp_prod -= 1;
}

static struct netif_rx_response rx_claim(void)
{
	const struct netif_rx_request request =
		*RING_GET_REQUEST(&nb->rx_ring, nb->rx_ring.req_cons++);

	return (struct netif_rx_response){.id = request.id, .status = FRAME};
}

static void rx_id_out_of_range(void)
{
	struct netif_rx_response response = rx_claim();

	response.id = 0xfffe;
	fake_netback_rx_respond(nb, response);
}

static void rx_beyond_the_page(void)
{
	struct netif_rx_response response = rx_claim();

	response.offset = 4090;
	fake_netback_rx_respond(nb, response);
}

static void rx_offset_alone_beyond_the_page(void)
{
	struct netif_rx_response response = rx_claim();

	response.offset = 0xffff;
	response.status = 0;
	fake_netback_rx_respond(nb, response);
}

static void rx_longer_than_the_page(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = 0x7fff;
	fake_netback_rx_respond(nb, response);
}

static void rx_extra_info(void)
{
	struct netif_rx_response response = rx_claim();

	response.flags = NETRXF_extra_info;
	fake_netback_rx_respond(nb, response);
}

/* A chain of extras that never ends: it must not even be followed. */
static void rx_endless_extras(void)
{
	for (int i = 0; i < 100; i++) {
		struct netif_rx_response response = rx_claim();

		response.flags = NETRXF_extra_info | NETRXF_more_data;
		fake_netback_rx_respond(nb, response);
	}
}

static void (*const violations[])(void) = {
	tx_producer_leaps,
	tx_producer_goes_back,
	tx_more_responses_than_requests,
	tx_id_out_of_range,
	tx_id_never_sent,
	tx_id_twice,
	rx_producer_leaps,
	rx_producer_goes_back,
	rx_id_out_of_range,
	rx_beyond_the_page,
	rx_offset_alone_beyond_the_page,
	rx_longer_than_the_page,
	rx_extra_info,
	rx_endless_extras,
};

/* Each lie costs one connection, one line on the console, and one in the store. */
static void a_lie_costs_a_connection_and_no_more(void **state)
{
	const size_t which = *(const size_t *)*state;
	const char *error;
	struct held before;
	uint8_t frame[FRAME] = {0};

	start();
	assert_traffic();
	before = held_now();
	fake_console_clear();
	violations[which]();
	/* netfront looks at its transmit ring when it runs out of buffers, or on an event. */
	fake_channel_notify(nb->channel);
	fake_kernel_run(TIME_US);
	for (int i = 0; i < 300; i++)
		(void)netfront_send(nf, frame, sizeof(frame));
	fake_kernel_run(TIME_MS);
	assert_int_equal(stats().violations, 1);
	assert_int_equal(seen.links_down, 1);
	assert_int_equal(fake_console_lines_with("error"), 1);
	error = fake_store_read("/local/domain/7/error/device/vif/0/error");
	assert_non_null(error);
	assert_true(strlen(error) > 5);
	nb->stopped = false;
	nb->queue_head = nb->queue_tail;
	fake_kernel_run(10 * TIME_S);
	assert_reconnects(1);
	assert_held(before);
}

/* What a correct but odd back end may do costs the frame, and the device stays. */
static void rx_error_status(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = NETIF_RSP_ERROR;
	fake_netback_rx_respond(nb, response);
}

static void rx_dropped_status(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = NETIF_RSP_DROPPED;
	fake_netback_rx_respond(nb, response);
}

static void rx_shorter_than_a_header(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = 13;
	fake_netback_rx_respond(nb, response);
}

static void rx_empty(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = 0;
	fake_netback_rx_respond(nb, response);
}

static void rx_beyond_the_mtu(void)
{
	struct netif_rx_response response = rx_claim();

	response.status = 4096;
	fake_netback_rx_respond(nb, response);
}

static void rx_in_three_pieces(void)
{
	for (int i = 0; i < 3; i++) {
		struct netif_rx_response response = rx_claim();

		response.flags = i < 2 ? NETRXF_more_data : 0;
		fake_netback_rx_respond(nb, response);
	}
}

static void storm_of_events(void)
{
	for (int i = 0; i < 10000; i++)
		fake_channel_notify(nb->channel);
}

static void (*const oddities[])(void) = {
	rx_error_status,   rx_dropped_status,  rx_shorter_than_a_header, rx_empty,
	rx_beyond_the_mtu, rx_in_three_pieces, storm_of_events,
};

static void an_oddity_costs_its_frame_only(void **state)
{
	const size_t which = *(const size_t *)*state;
	struct held before;

	start();
	assert_traffic();
	before = held_now();
	/* More often than there are slots: every page comes back. */
	for (int i = 0; i < 300; i++) {
		oddities[which]();
		fake_kernel_run(TIME_US);
	}
	assert_int_equal(seen.frames, 1);
	assert_int_equal(stats().violations, 0);
	assert_traffic();
	assert_int_equal(nb->backend.connects, 1);
	assert_held(before);
}

/*
 * The same page answered twice: by the second time it has been posted again, so that nobody can
 * tell. It may cost the frames in between and a slot, but no page and nothing of the guest's.
 */
static void a_page_answered_twice_does_no_harm(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	for (int i = 0; i < 20; i++) {
		struct netif_rx_response response = rx_claim();

		(void)rx_claim();
		fake_netback_rx_respond(nb, response);
		fake_netback_rx_respond(nb, response);
		fake_kernel_run(TIME_S);
	}
	fake_kernel_run(60 * TIME_S);
	assert_true(fake_backend_connected(&nb->backend));
	nb->queue_head = nb->queue_tail;
	assert_traffic();
	assert_held(before);
}

/* --- again and again: the guest spends its time on better things --- */

static void one_lie_after_the_other_is_answered_ever_more_slowly(void **state)
{
	struct held before;
	unsigned connects;

	(void)state;
	start();
	assert_traffic();
	before = held_now();
	for (int second = 0; second < 60; second++) {
		if (fake_backend_connected(&nb->backend) && nb->tx)
			tx_producer_leaps();
		if (nb->channel)
			fake_channel_notify(nb->channel);
		fake_kernel_run(TIME_S);
	}
	connects = nb->backend.connects;
	assert_in_range(connects, 4, 40);
	/* Left in peace, it connects within half a minute. */
	fake_kernel_run(40 * TIME_S);
	assert_reconnects(nb->backend.connects - 1);
	assert_held(before);
}

/* The frame changes while the guest looks at it: the copy is what counts. */
static void responses_changed_after_the_fact_do_nothing(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 500; i++) {
		assert_traffic();
		/* Scribbles over all slots and spare fields of both rings that are not in use. */
		for (uint32_t slot = 0; slot < FAKE_NET_SLOTS; slot++)
			if (slot - (nb->tx->rsp_prod % FAKE_NET_SLOTS) < FAKE_NET_SLOTS &&
			    slot != nb->tx->rsp_prod % FAKE_NET_SLOTS)
				nb->tx->ring[slot].rsp.id = (uint16_t)unit_random();
		/* Our own producer index lies in the shared page as well. */
		if (i == 250)
			nb->tx->rsp_event = nb->tx->rsp_prod + 77777;
	}
	assert_int_equal(stats().violations, 0);
}

static size_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* A test for each element of a table, by its number. */
#define EACH(function, number, name)                                       \
	{                                                                  \
#function "/" name, function, NULL, NULL, &numbers[number] \
	}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_connects_and_frames_flow),
	cmocka_unit_test(a_frame_that_came_before_the_connection_is_seen),
	cmocka_unit_test(frames_of_every_length),
	cmocka_unit_test(thousands_of_frames_in_order),
	cmocka_unit_test(thousands_of_frames_out_of_order),
	cmocka_unit_test(a_full_ring_says_so_and_tells_when_there_is_room),
	cmocka_unit_test(an_error_of_the_back_end_is_counted),
	cmocka_unit_test(two_devices_do_not_mix),
	cmocka_unit_test(a_restart_of_the_back_end_is_survived),
	cmocka_unit_test(a_replaced_back_end_is_survived),
	cmocka_unit_test(an_orderly_close_is_followed),
	cmocka_unit_test(frames_in_flight_are_dropped_with_the_connection),
	cmocka_unit_test(an_unplugged_device_is_let_go),
	cmocka_unit_test(a_back_end_that_never_answers_is_waited_for_without_harm),
	cmocka_unit_test(pages_that_are_kept_stay_parked),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 0, "mac that is none"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 1, "empty mac"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 2, "no mac"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 3, "mac of a group"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 4, "mac of zeros"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 5, "empty backend"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 6, "no backend"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 7, "backend-id that is none"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 8, "negative backend-id"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 9, "backend-id too large"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 10, "backend-id reserved"),
	EACH(nonsense_in_the_store_is_refused_or_repaired, 11, "no backend-id"),
	EACH(an_impossible_mtu_is_replaced, 0, "0"),
	EACH(an_impossible_mtu_is_replaced, 1, "67"),
	EACH(an_impossible_mtu_is_replaced, 2, "4083"),
	EACH(an_impossible_mtu_is_replaced, 3, "65536"),
	EACH(an_impossible_mtu_is_replaced, 4, "2^64-1"),
	cmocka_unit_test(a_large_mtu_is_used),
	cmocka_unit_test(a_device_without_a_number_is_passed_over),
	cmocka_unit_test(impossible_states_of_the_back_end),
	EACH(a_lie_costs_a_connection_and_no_more, 0, "tx producer leaps"),
	EACH(a_lie_costs_a_connection_and_no_more, 1, "tx producer goes back"),
	EACH(a_lie_costs_a_connection_and_no_more, 2, "tx response too many"),
	EACH(a_lie_costs_a_connection_and_no_more, 3, "tx id out of range"),
	EACH(a_lie_costs_a_connection_and_no_more, 4, "tx id never sent"),
	EACH(a_lie_costs_a_connection_and_no_more, 5, "tx id twice"),
	EACH(a_lie_costs_a_connection_and_no_more, 6, "rx producer leaps"),
	EACH(a_lie_costs_a_connection_and_no_more, 7, "rx producer goes back"),
	EACH(a_lie_costs_a_connection_and_no_more, 8, "rx id out of range"),
	EACH(a_lie_costs_a_connection_and_no_more, 9, "rx beyond the page"),
	EACH(a_lie_costs_a_connection_and_no_more, 10, "rx offset alone beyond the page"),
	EACH(a_lie_costs_a_connection_and_no_more, 11, "rx longer than the page"),
	EACH(a_lie_costs_a_connection_and_no_more, 12, "rx extra info"),
	EACH(a_lie_costs_a_connection_and_no_more, 13, "rx endless extras"),
	EACH(an_oddity_costs_its_frame_only, 0, "rx error"),
	EACH(an_oddity_costs_its_frame_only, 1, "rx dropped"),
	EACH(an_oddity_costs_its_frame_only, 2, "rx shorter than a header"),
	EACH(an_oddity_costs_its_frame_only, 3, "rx empty"),
	EACH(an_oddity_costs_its_frame_only, 4, "rx beyond the mtu"),
	EACH(an_oddity_costs_its_frame_only, 5, "rx in three pieces"),
	EACH(an_oddity_costs_its_frame_only, 6, "storm of events"),
	cmocka_unit_test(a_page_answered_twice_does_no_harm),
	cmocka_unit_test(one_lie_after_the_other_is_answered_ever_more_slowly),
	cmocka_unit_test(responses_changed_after_the_fact_do_nothing),
};

UNIT_MAIN(tests)
