/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront/ under a back end that is odd but breaks no rule, stops, or never leaves it in peace.
 * Why:  whoever ends the connection over every frame that is too long can be kept from ever using it,
 *       and whoever waits for an answer may wait for ever.
 * How:  a table of oddities, more often than there are slots, after which the connection is still
 *       there and nothing is lost; and back ends that stop in the middle or lie again and again.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netraw.h"
#include "unikernel/core/time.h"

#define QUEUES 2u

static struct fake_netuser user[2];
static struct fake_netback *nb;

static void rx_status(unsigned queue, int16_t status)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.status = status;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_error(unsigned queue)
{
	rx_status(queue, NETIF_RSP_ERROR);
}

static void rx_dropped(unsigned queue)
{
	rx_status(queue, NETIF_RSP_DROPPED);
}

static void rx_least_status(unsigned queue)
{
	rx_status(queue, INT16_MIN);
}

static void rx_shorter_than_a_header(unsigned queue)
{
	rx_status(queue, 13);
}

static void rx_empty(unsigned queue)
{
	rx_status(queue, 0);
}

static void rx_beyond_the_mtu(unsigned queue)
{
	rx_status(queue, 4096);
}

static void rx_with_an_error_within(unsigned queue)
{
	struct netif_rx_response response;

	netraw_rx_answer(nb, queue, NETRXF_more_data);
	response = netraw_rx_claim(nb, queue);
	response.status = NETIF_RSP_ERROR;
	response.flags = NETRXF_more_data;
	fake_netback_rx_respond(nb, queue, response);
	netraw_rx_answer(nb, queue, 0);
}

static void rx_with_nothing_within(unsigned queue)
{
	struct netif_rx_response response;

	netraw_rx_answer(nb, queue, NETRXF_more_data);
	response = netraw_rx_claim(nb, queue);
	response.status = 0;
	fake_netback_rx_respond(nb, queue, response);
}

/* 18 pages are more than any length can say, to be cut or not. */
static void rx_longest(unsigned queue)
{
	for (unsigned i = 0; i < XEN_NETIF_NR_SLOTS_MIN; i++) {
		struct netif_rx_response response = netraw_rx_claim(nb, queue);

		response.status = 4096;
		response.flags = i + 1 < XEN_NETIF_NR_SLOTS_MIN ? NETRXF_more_data : 0;
		response.flags |= i ? 0 : NETRXF_extra_info;
		fake_netback_rx_respond(nb, queue, response);
		if (i == 0)
			netraw_rx_extra(nb, queue, netraw_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448));
	}
}

static void tx_answered(bool to_cut, int16_t status)
{
	nb->tx_status = status;
	netraw_requests(user, to_cut);
	nb->stopped = false;
	fake_kernel_run(TIME_MS);
	nb->tx_status = NETIF_RSP_OKAY;
}

static void tx_error(unsigned queue)
{
	static const int16_t statuses[] = {NETIF_RSP_ERROR, NETIF_RSP_DROPPED, NETIF_RSP_NULL,
					   INT16_MIN, INT16_MAX};
	static unsigned next;

	(void)queue;
	tx_answered(false, statuses[next++ % ARRAY_SIZE(statuses)]);
}

/* What is said to extra information, said to a request: its id comes back as with any other status. */
static void tx_null_for_a_request(unsigned queue)
{
	(void)queue;
	tx_answered(true, NETIF_RSP_NULL);
}

static void storm_of_events(unsigned queue)
{
	(void)queue;
	for (int i = 0; i < 1000; i++)
		fake_netback_notify(nb);
}

/* The other words of the rings' headers, which only cost or save notifications. */
static void event_indexes_of_any_kind(unsigned queue)
{
	nb->queue[queue].tx->req_event = (RING_IDX)unit_random();
	nb->queue[queue].rx->req_event = (RING_IDX)unit_random();
	nb->queue[queue].tx->rsp_event = nb->queue[queue].rx->rsp_event = (RING_IDX)unit_random();
}

static const struct netraw_attack oddities[] = {
	NETRAW_ATTACK(rx_error),
	NETRAW_ATTACK(rx_dropped),
	NETRAW_ATTACK(rx_least_status),
	NETRAW_ATTACK(rx_shorter_than_a_header),
	NETRAW_ATTACK(rx_empty),
	NETRAW_ATTACK(rx_beyond_the_mtu),
	NETRAW_ATTACK(rx_with_an_error_within),
	NETRAW_ATTACK(rx_with_nothing_within),
	NETRAW_ATTACK(rx_longest),
	NETRAW_ATTACK(tx_error),
	NETRAW_ATTACK(tx_null_for_a_request),
	NETRAW_ATTACK(storm_of_events),
	NETRAW_ATTACK(event_indexes_of_any_kind),
};

static struct held start(void)
{
	const struct held held = netraw_boot(user, NETRAW_QUEUES);

	nb = user[0].nb;
	return held;
}

/* More often than there are slots: every page comes back. */
static void oddity(void **state)
{
	const struct netraw_attack *attack = *state;
	const struct held before = start();
	const size_t frames = user[0].frames;

	for (unsigned i = 0; i < 600; i++) {
		attack->run(i % QUEUES);
		fake_netback_notify(nb);
		fake_kernel_run(TIME_US);
	}
	assert_int_equal(user[0].frames, frames);
	assert_int_equal(netuser_stats(user).violations, 0);
	/* Whoever was misled about notifications needs one. */
	for (unsigned queue = 0; queue < QUEUES; queue++) {
		nb->queue[queue].tx->req_event = nb->queue[queue].tx->req_prod + 1;
		nb->queue[queue].tx_woken = nb->queue[queue].rx_woken = true;
	}
	fake_kernel_run(TIME_MS);
	assert_traffic(user);
	assert_int_equal(nb->backend.connects, 2);
	assert_other_unmoved(user);
	assert_settles(user, before);
}

/* --- a back end that stops, or keeps what it has --- */

static _Alignas(4096) uint8_t lent[16][4096];

static int lend(unsigned page)
{
	const struct fake_frame frame = fake_frame_to_cut(false, 4096);

	return netuser_lend(user, &frame, frame.len - 4096, lent[page], 0);
}

/* Neither the caller nor the other device waits for it, and what was lent comes back in the end. */
static void a_back_end_that_stops(void **state)
{
	const struct held before = start();
	int error = 0;

	(void)state;
	nb->stopped = true;
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(lend(i), 1);
	for (unsigned i = 0; i < 2000 && error == 0; i++) {
		const struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 100, false);

		error = netuser_send(user, &frame);
	}
	assert_int_equal(error, -EAGAIN);
	for (unsigned i = 0; i < 50; i++) {
		fake_kernel_run(TIME_S);
		assert_traffic(&user[1]);
	}
	assert_int_equal(user[0].sent, 0);
	assert_int_equal(netuser_stats(user).violations, 0);
	fake_backend_restart(&nb->backend);
	nb->stopped = false;
	fake_kernel_run(5 * TIME_S);
	assert_int_equal(user[0].sent, 16);
	assert_settles(user, before);
	assert_other_unmoved(user);
}

/* It has answered, and yet keeps what was lent: nobody may use that memory for anything else. */
static void a_lent_page_that_is_kept(void **state)
{
	const struct held before = start();
	const size_t downs = user[0].links_down;

	(void)state;
	nb->hold = nb->keep = true;
	fake_console_clear();
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(lend(i), 1);
	fake_kernel_run(TIME_MS);
	fake_netback_release(nb);
	nb->hold = nb->keep = false;
	fake_netback_notify(nb);
	fake_kernel_run(TIME_S);
	assert_int_equal(netuser_stats(user).violations, 1);
	assert_int_equal(user[0].links_down, downs + 1);
	assert_int_equal(fake_console_lines_with("error"), 1);
	assert_other_unmoved(user);
	assert_reconnects(user);
	assert_int_equal(user[0].sent, 0);
	/* Of each frame the lent page, and ours that its headers were copied to. */
	assert_int_equal(held_now().parked, 6);
	/* Would notice, had the entries been touched. */
	fake_netback_let_go(nb);
	fake_kernel_run(2 * TIME_S);
	assert_int_equal(user[0].sent, 3);
	assert_settles(user, before);
}

/* The same with a page that it has put a frame into: it must not change under its reader's eyes. */
static void a_filled_page_that_is_kept(void **state)
{
	const struct held before = start();
	const size_t frames = user[0].frames;

	(void)state;
	for (unsigned queue = 0; queue < QUEUES; queue++) {
		const struct netif_rx_request request = fake_netback_rx_claim(nb, queue);
		int status;

		fake_console_clear();
		assert_non_null(fake_gnttab_map(FAKE_DOM0, request.gref, false, &status));
		fake_netback_rx_respond(
			nb, queue, (struct netif_rx_response){.id = request.id, .status = 1000});
		fake_kernel_run(TIME_S);
		assert_int_equal(fake_console_lines_with("error"), 1);
		assert_reconnects(user);
		assert_int_equal(held_now().parked, 1);
		fake_gnttab_unmap(request.gref, false);
		fake_kernel_run(2 * TIME_S);
	}
	assert_int_equal(netuser_stats(user).violations, QUEUES);
	assert_int_equal(user[0].frames, frames + QUEUES); /* assert_reconnects' own */
	assert_settles(user, before);
	assert_other_unmoved(user);
}

/* The back end goes, but keeps our rings mapped: they must not be used for anything else. */
static void rings_that_are_kept(void **state)
{
	const struct held before = start();
	grant_ref_t ref[2 * QUEUES];
	int status;

	(void)state;
	for (unsigned queue = 0; queue < QUEUES; queue++) {
		ref[2 * queue] = nb->queue[queue].tx_ref;
		ref[2 * queue + 1] = nb->queue[queue].rx_ref;
	}
	for (unsigned i = 0; i < 2 * QUEUES; i++)
		assert_non_null(fake_gnttab_map(FAKE_DOM0, ref[i], false, &status));
	fake_backend_restart(&nb->backend);
	fake_kernel_run(10 * TIME_S);
	assert_reconnects(user);
	assert_int_equal(held_now().parked, 2 * QUEUES);
	assert_int_equal(held_now().pages, before.pages + 2 * QUEUES);
	for (unsigned i = 0; i < 2 * QUEUES; i++)
		fake_gnttab_unmap(ref[i], false);
	fake_kernel_run(5 * TIME_S);
	assert_settles(user, before);
}

/* What has come of it is held for as long as the connection lasts, and is no more than a frame. */
static void a_frame_that_never_ends(void **state)
{
	const struct held before = start();

	(void)state;
	for (unsigned i = 0; i < 17; i++)
		netraw_rx_answer(nb, 0, NETRXF_more_data);
	for (unsigned i = 0; i < 60; i++)
		fake_kernel_run(TIME_S);
	assert_int_equal(netuser_stats(user).violations, 0);
	assert_int_equal(nb->backend.connects, 2);
	assert_int_equal(held_now().parked, 0);
	assert_settles(user, before);
	assert_other_unmoved(user);
}

/*
 * A queue whose ring ran low is gone after the next connection, and then its pages are given back:
 * they must not go where the ring was.
 */
static void pages_of_a_queue_that_is_gone(void **state)
{
	const struct held before = start();
	const struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1000, false);
	const struct fake_net_offer offer = nb->offer;
	unsigned grants;

	(void)state;
	user[0].take = true;
	nb->stopped = true;
	for (unsigned i = 0; i < 230; i++) {
		struct netif_rx_response response = netraw_rx_claim(nb, 1);

		response.status = (int16_t)frame.len;
		fake_netback_rx_respond(nb, 1, response);
	}
	/* With a lie behind them, so that no new pages are posted. */
	netraw_rx_answer(nb, 1, NETRXF_extra_info);
	netraw_rx_extra(nb, 1, (struct netif_extra_info){.type = 0});
	fake_kernel_run(TIME_US);
	assert_int_equal(netuser_stats(user).violations, 1);
	assert_true(user[0].taken_count > 200);
	nb->stopped = false;
	nb->offer.queues = 1;
	fake_netback_offer(nb);
	user[0].take = false;
	assert_reconnects(user);
	assert_int_equal(nb->wish.queues, 1);
	grants = fake_gnttab_granted();
	netuser_free(user);
	assert_int_equal(fake_gnttab_granted(), grants);
	nb->offer = offer;
	fake_netback_offer(nb);
	assert_settles(user, before);
	assert_other_unmoved(user);
}

/* --- again and again: the guest spends its time on better things --- */

static void one_lie_after_the_other_is_answered_ever_more_slowly(void **state)
{
	const struct held before = start();
	const unsigned connects = nb->backend.connects;

	(void)state;
	for (int second = 0; second < 60; second++) {
		if (fake_backend_connected(&nb->backend) && nb->queue[0].tx)
			nb->queue[0].tx->rsp_prod += 5000;
		fake_netback_notify(nb);
		fake_kernel_run(TIME_S);
		assert_traffic(&user[1]);
	}
	assert_in_range(nb->backend.connects - connects, 3, 40);
	/* Left in peace, it connects within half a minute. */
	fake_kernel_run(40 * TIME_S);
	assert_reconnects(user);
	assert_settles(user, before);
}

/* A driver domain that is restarted every few seconds has done nothing wrong. */
static void one_restart_after_the_other_is_answered_at_once(void **state)
{
	const struct held before = start();

	(void)state;
	for (int round = 0; round < 20; round++) {
		fake_backend_restart(&nb->backend);
		fake_kernel_run(TIME_S);
		assert_true(fake_backend_connected(&nb->backend));
		assert_traffic(user);
		fake_kernel_run(6 * TIME_S);
	}
	assert_settles(user, before);
}

/* Linux' netback, bound again while the guest has not yet noticed anything, may come to say so (device.c). */
static void connected_to_rings_that_are_no_more(void **state)
{
	const struct held before = start();

	(void)state;
	for (unsigned times = 1; times <= 3; times++) {
		nb->backend.pretends = times;
		fake_backend_restart(&nb->backend);
		fake_kernel_run(5 * TIME_S);
		assert_int_equal(nb->backend.pretends, 0);
		assert_reconnects(user);
		fake_kernel_run(6 * TIME_S);
	}
	assert_int_equal(netuser_stats(user).violations, 0);
	assert_settles(user, before);
}

static void connected_before_and_after(void **state)
{
	const struct held before = start();

	(void)state;
	for (int round = 0; round < 10; round++) {
		fake_backend_hollow(&nb->backend);
		fake_kernel_run(5 * TIME_S);
		assert_reconnects(user);
		fake_kernel_run(6 * TIME_S);
	}
	assert_int_equal(netuser_stats(user).violations, 0);
	assert_settles(user, before);
}

/* Slots that are not in use, and our own words in the shared page, say nothing to us. */
static void scribbles_where_nobody_reads(void **state)
{
	const struct held before = start();

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct fake_net_queue *queue = &nb->queue[i % 2];

		assert_traffic(user);
		/* All responses are read, then the slots are nobody's. */
		fake_netback_notify(nb);
		fake_kernel_run(TIME_US);
		for (uint32_t at = 1; at < FAKE_NET_SLOTS / 2; at++) {
			const uint32_t slot = (queue->tx->rsp_prod - at) % FAKE_NET_SLOTS;

			queue->tx->ring[slot].req.gref = unit_random();
		}
		queue->tx->rsp_event = queue->tx->rsp_prod + 77777;
	}
	assert_int_equal(netuser_stats(user).violations, 0);
	assert_settles(user, before);
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(a_back_end_that_stops),
	cmocka_unit_test(a_lent_page_that_is_kept),
	cmocka_unit_test(a_filled_page_that_is_kept),
	cmocka_unit_test(rings_that_are_kept),
	cmocka_unit_test(a_frame_that_never_ends),
	cmocka_unit_test(pages_of_a_queue_that_is_gone),
	cmocka_unit_test(one_lie_after_the_other_is_answered_ever_more_slowly),
	cmocka_unit_test(one_restart_after_the_other_is_answered_at_once),
	cmocka_unit_test(connected_to_rings_that_are_no_more),
	cmocka_unit_test(connected_before_and_after),
	cmocka_unit_test(scribbles_where_nobody_reads),
};

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ARRAY_SIZE(oddities) + ARRAY_SIZE(others)];
	size_t count = 0;

	for (; count < ARRAY_SIZE(oddities); count++)
		tests[count] = (struct CMUnitTest){oddities[count].name, oddity, NULL, NULL,
						   (void *)&oddities[count]};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		tests[count++] = others[i];
	return unit_main(argc, argv, tests, count);
}
