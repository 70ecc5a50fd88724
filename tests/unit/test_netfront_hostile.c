/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront/ under a back end that writes into the rings what it never may.
 * Why:  the peers' front ends believe what netback writes, and a broken or hostile one owns the
 *       guest. Here each lie must cost that device one connection and nothing else.
 * How:  a table of lies, each told to one of two devices, which has one queue or two. The
 *       console and the store have one line about it, frames flow again before long, the guest holds
 *       what it held before, and the other device has noticed nothing. What is merely odd is in
 *       test_netfront_odd.c.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netraw.h"
#include "unikernel/core/time.h"

static struct fake_netuser user[2];
static struct fake_netback *nb;

/* A frame of one page with one extra. */
static void rx_with_extra(unsigned queue, struct netif_extra_info extra)
{
	netraw_rx_answer(nb, queue, NETRXF_extra_info);
	netraw_rx_extra(nb, queue, extra);
}

static void tx_producer_leaps(unsigned queue)
{
	nb->queue[queue].tx->rsp_prod += 5000;
}

static void tx_producer_goes_back(unsigned queue)
{
	nb->queue[queue].tx->rsp_prod -= 1;
}

static void tx_response_too_many(unsigned queue)
{
	netraw_tx_answer(nb, queue, 0, NETIF_RSP_OKAY);
}

static void tx_id_out_of_range(unsigned queue)
{
	netraw_requests(user, false);
	netraw_tx_answer(nb, queue, 256, NETIF_RSP_OKAY);
}

static void tx_id_far_out_of_range(unsigned queue)
{
	netraw_requests(user, false);
	netraw_tx_answer(nb, queue, 0xffff, NETIF_RSP_ERROR);
}

static void tx_id_never_sent(unsigned queue)
{
	uint16_t id = 0;

	netraw_requests(user, false);
	for (unsigned i = 0; i < netraw_waiting(nb, queue); i++)
		if (netraw_tx_id(nb, queue, i) == id) {
			id++;
			i = UINT32_MAX; /* from the first again */
		}
	netraw_tx_answer(nb, queue, id, NETIF_RSP_OKAY);
}

static void tx_id_twice(unsigned queue)
{
	netraw_requests(user, false);
	netraw_tx_answer(nb, queue, netraw_tx_id(nb, queue, 1), NETIF_RSP_OKAY);
	netraw_tx_answer(nb, queue, netraw_tx_id(nb, queue, 1), NETIF_RSP_OKAY);
}

static void tx_null_for_nothing(unsigned queue)
{
	netraw_requests(user, false);
	netraw_tx_answer(nb, queue, 0x1234, NETIF_RSP_NULL);
}

/* Each frame to be cut has one extra; here come more answers to extras than there are frames. */
static void tx_nulls_without_end(unsigned queue)
{
	netraw_requests(user, true);
	for (unsigned slots = netraw_waiting(nb, queue); slots > 0; slots--)
		netraw_tx_answer(nb, queue, 0xfff0, NETIF_RSP_NULL);
}

static void tx_answer_in_place_of_an_extra(unsigned queue)
{
	netraw_requests(user, true);
	netraw_tx_answer(nb, queue, netraw_tx_id(nb, queue, 0), NETIF_RSP_OKAY);
	netraw_tx_answer(nb, queue, netraw_tx_id(nb, queue, 2), NETIF_RSP_OKAY);
}

static void rx_producer_leaps(unsigned queue)
{
	nb->queue[queue].rx->rsp_prod += 300;
}

static void rx_producer_goes_back(unsigned queue)
{
	nb->queue[queue].rx->rsp_prod -= 1;
}

static void rx_id_out_of_range(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.id = 256;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_id_far_out_of_range(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.id = 0xfffe;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_id_twice(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.status = 0; /* so that the first is no frame */
	(void)netraw_rx_claim(nb, queue);
	fake_netback_rx_respond(nb, queue, response);
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_beyond_the_page(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.offset = 4096 - NETRAW_LENGTH + 1;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_offset_alone_beyond_the_page(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.offset = 0xffff;
	response.status = 0;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_error_beyond_the_page(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.offset = 0xffff;
	response.status = NETIF_RSP_ERROR;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_longer_than_the_page(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.status = 0x7fff;
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_extra_of_no_type(unsigned queue)
{
	rx_with_extra(queue, (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_NONE});
}

static void rx_extra_of_unknown_type(unsigned queue)
{
	rx_with_extra(queue, (struct netif_extra_info){.type = 0xee});
}

static void rx_extra_of_the_other_direction(unsigned queue)
{
	rx_with_extra(queue, (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_MCAST_ADD});
}

static void rx_extra_not_agreed_upon(unsigned queue)
{
	rx_with_extra(queue, (struct netif_extra_info){.type = XEN_NETIF_EXTRA_TYPE_HASH});
}

static void rx_cut_by_nothing(unsigned queue)
{
	rx_with_extra(queue, netraw_gso(XEN_NETIF_GSO_TYPE_TCPV4, 0));
}

static void rx_cut_as_unknown(unsigned queue)
{
	rx_with_extra(queue, netraw_gso(9, 1448));
}

static void rx_cut_as_none(unsigned queue)
{
	rx_with_extra(queue, netraw_gso(XEN_NETIF_GSO_TYPE_NONE, 1448));
}

/* These guests have lodger.net-off=gso6. */
static void rx_cut_as_was_not_agreed_upon(unsigned queue)
{
	rx_with_extra(queue, netraw_gso(XEN_NETIF_GSO_TYPE_TCPV6, 1448));
}

static void rx_extras_without_end(unsigned queue)
{
	struct netif_extra_info extra = netraw_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448);

	extra.flags = XEN_NETIF_EXTRA_FLAG_MORE;
	netraw_rx_answer(nb, queue, NETRXF_extra_info | NETRXF_more_data);
	for (int i = 0; i < 50; i++)
		netraw_rx_extra(nb, queue, extra);
}

/* Its slot's request was used for the frame already. */
static void rx_extra_in_a_slot_not_posted(unsigned queue)
{
	struct netif_rx_response response = netraw_rx_claim(nb, queue);

	response.id = netraw_rx_claim(nb, queue).id;
	response.flags = NETRXF_extra_info;
	fake_netback_rx_respond(nb, queue, response);
	fake_netback_rx_extra(nb, queue, netraw_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448));
}

static void rx_in_too_many_pieces(unsigned queue)
{
	for (unsigned i = 0; i <= XEN_NETIF_NR_SLOTS_MIN; i++)
		netraw_rx_answer(nb, queue, NETRXF_more_data);
}

static void rx_without_end(unsigned queue)
{
	for (unsigned i = 0; i < 60; i++)
		netraw_rx_answer(nb, queue, NETRXF_more_data | (i % 2 ? NETRXF_data_validated : 0));
}

static const struct netraw_attack lies[] = {
	NETRAW_ATTACK(tx_producer_leaps),
	NETRAW_ATTACK(tx_producer_goes_back),
	NETRAW_ATTACK(tx_response_too_many),
	NETRAW_ATTACK(tx_id_out_of_range),
	NETRAW_ATTACK(tx_id_far_out_of_range),
	NETRAW_ATTACK(tx_id_never_sent),
	NETRAW_ATTACK(tx_id_twice),
	NETRAW_ATTACK(tx_null_for_nothing),
	NETRAW_ATTACK(tx_nulls_without_end),
	NETRAW_ATTACK(tx_answer_in_place_of_an_extra),
	NETRAW_ATTACK(rx_producer_leaps),
	NETRAW_ATTACK(rx_producer_goes_back),
	NETRAW_ATTACK(rx_id_out_of_range),
	NETRAW_ATTACK(rx_id_far_out_of_range),
	NETRAW_ATTACK(rx_id_twice),
	NETRAW_ATTACK(rx_beyond_the_page),
	NETRAW_ATTACK(rx_offset_alone_beyond_the_page),
	NETRAW_ATTACK(rx_error_beyond_the_page),
	NETRAW_ATTACK(rx_longer_than_the_page),
	NETRAW_ATTACK(rx_extra_of_no_type),
	NETRAW_ATTACK(rx_extra_of_unknown_type),
	NETRAW_ATTACK(rx_extra_of_the_other_direction),
	NETRAW_ATTACK(rx_extra_not_agreed_upon),
	NETRAW_ATTACK(rx_cut_by_nothing),
	NETRAW_ATTACK(rx_cut_as_unknown),
	NETRAW_ATTACK(rx_cut_as_none),
	NETRAW_ATTACK(rx_cut_as_was_not_agreed_upon),
	NETRAW_ATTACK(rx_extras_without_end),
	NETRAW_ATTACK(rx_extra_in_a_slot_not_posted),
	NETRAW_ATTACK(rx_in_too_many_pieces),
	NETRAW_ATTACK(rx_without_end),
};

/* Each costs one connection, one line on the console, and one in the store. */
static void told(const struct netraw_attack *attack, const char *command_line)
{
	const struct held before = netraw_boot(user, command_line);
	unsigned queues;

	nb = user[0].nb;
	queues = nb->wish.queues;
	for (unsigned queue = 0; queue < queues; queue++) {
		const size_t downs = user[0].links_down, frames = user[0].frames;
		const unsigned connects = nb->backend.connects;
		const char *error;

		fake_console_clear();
		attack->run(queue);
		fake_netback_notify(nb);
		fake_kernel_run(TIME_US);
		assert_int_equal(user[0].links_down, downs + 1);
		assert_int_equal(user[0].frames, frames);
		assert_int_equal(netuser_stats(user).violations, queue + 1);
		assert_other_unmoved(user);
		fake_kernel_run(TIME_MS);
		assert_int_equal(fake_console_lines_with("error"), 1);
		assert_int_equal(fake_console_lines_with("device/vif/0"), 1);
		/* An index is not believed for so much as one slot. */
		if (strstr(attack->name, "producer"))
			assert_int_equal(fake_console_lines_with("impossible index"), 1);
		error = fake_store_read("/local/domain/7/error/device/vif/0/error");
		assert_true(error && strlen(error) > 5);
		nb->stopped = false;
		assert_reconnects(user);
		assert_int_equal(nb->backend.connects, connects + 1);
		fake_store_remove("/local/domain/7/error/device/vif/0/error");
	}
	assert_settles(user, before);
	assert_other_unmoved(user);
}

static void lie(void **state)
{
	told(*state, NETRAW_PLAIN);
}

static void lie_to_queues(void **state)
{
	told(*state, NETRAW_QUEUES);
	assert_int_equal(nb->wish.queues, 2);
	assert_true(nb->wish.split);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[2 * ARRAY_SIZE(lies)];
	static char names[ARRAY_SIZE(lies)][64];

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		void *attack = (void *)(uintptr_t)&lies[i];

		snprintf(names[i], sizeof(names[i]), "%s/queues", lies[i].name);
		tests[2 * i] = (struct CMUnitTest){lies[i].name, lie, NULL, NULL, attack};
		tests[2 * i + 1] = (struct CMUnitTest){names[i], lie_to_queues, NULL, NULL, attack};
	}
	return unit_main(argc, argv, tests, ARRAY_SIZE(tests));
}
