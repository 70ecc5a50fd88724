/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: each feature of xen/io/netif.h: offered, not offered, and switched off.
 * Why:  back ends differ in what they offer, and a frame that uses what was not agreed upon is lost at
 *       best; at worst netback ends the connection for good.
 * How:  the fake netback, which takes such a frame for a violation, and every kind of frame there is,
 *       each of which must pass both ways if its feature is on and be refused if it is off.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/time.h"

static struct fake_netuser user[1];

/* Frames to be cut, of lengths on both sides of a page's end, up to the longest. */
static void assert_gso(bool v6, bool has)
{
	static const size_t lengths[] = {1600, 3000, 4041, 4042, 4043, 8138, 30000, 65535};

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		const size_t headers = fake_frame_headers(v6, FAKE_TCP);
		struct fake_frame frame = fake_frame_to_cut(v6, lengths[i] - headers);

		if (!has) {
			assert_int_equal(netuser_send(user, &frame), -EOPNOTSUPP);
			continue;
		}
		assert_frame_out(user, &frame);
		assert_frame_in(user, (unsigned)i % user->nb->wish.queues, &frame);
	}
}

static void assert_checksums(bool v6, bool has)
{
	for (size_t len = 0; len < 1400; len += 1 + len / 3) {
		struct fake_frame frame =
			fake_frame_make(v6, len % 2 ? FAKE_TCP : FAKE_UDP, len, has);

		assert_frame_out(user, &frame);
		assert_frame_in(user, 0, &frame);
		/* Complete, and looked at already by a network card of dom0's. */
		frame = fake_frame_make(v6, FAKE_TCP, len, false);
		frame.data_validated = true;
		assert_true(fake_frame_sum_good(&frame));
		assert_frame_in(user, 0, &frame);
	}
}

/* Both sides agree on what there is, and it works. */
static void assert_all(void)
{
	const struct netfront_features has = netuser_features(user);
	const struct fake_net_wish *wish = &user->nb->wish;
	struct fake_frame frame;

	assert_int_equal(wish->sg, has.scatter_gather);
	assert_int_equal(wish->csum4, has.checksum_ipv4);
	assert_int_equal(wish->csum6, has.checksum_ipv6);
	assert_int_equal(wish->gso4, has.gso_ipv4);
	assert_int_equal(wish->gso6, has.gso_ipv6);
	assert_int_equal(wish->split, has.split_channels);
	assert_int_equal(wish->multicast, has.multicast_control);
	assert_int_equal(wish->queues, has.queues);
	assert_traffic(user);
	assert_checksums(false, has.checksum_ipv4);
	assert_checksums(true, has.checksum_ipv6);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		frame = fake_frame_make(v6, FAKE_TCP, 100, true);
		assert_int_equal(netuser_send(user, &frame),
				 (v6 ? has.checksum_ipv6 : has.checksum_ipv4) ? 0 : -EOPNOTSUPP);
	}
	fake_kernel_run(TIME_MS);
	assert_gso(false, has.gso_ipv4);
	assert_gso(true, has.gso_ipv6);
	assert_int_equal(netuser_stats(user).violations, 0);
	assert_int_equal(netuser_stats(user).connections, user->nb->backend.connects);
}

/* --- each switch --- */

#define OFFER(field)   offsetof(struct fake_net_offer, field)
#define FEATURE(field) offsetof(struct netfront_features, field)

static const struct {
	const char *name;
	size_t offer, feature;
} switches[] = {
	{"sg", OFFER(sg), FEATURE(scatter_gather)},
	{"csum4", OFFER(csum4), FEATURE(checksum_ipv4)},
	{"csum6", OFFER(csum6), FEATURE(checksum_ipv6)},
	{"gso4", OFFER(gso4), FEATURE(gso_ipv4)},
	{"gso6", OFFER(gso6), FEATURE(gso_ipv6)},
	{"split", OFFER(split), FEATURE(split_channels)},
	{"multicast", OFFER(multicast), FEATURE(multicast_control)},
};

static bool feature_is(size_t which)
{
	const struct netfront_features has = netuser_features(user);

	return *(const bool *)((const char *)&has + switches[which].feature);
}

static bool *offer_of(size_t which)
{
	return (bool *)((char *)&user->nb->offer + switches[which].offer);
}

static void all_that_is_offered_is_used(void **state)
{
	(void)state;
	netuser_boot(user, 1, "lodger.net-on=split");
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		assert_true(feature_is(i));
	assert_true(netuser_features(user).lend);
	assert_all();
}

static void a_feature_that_is_not_offered(void **state)
{
	const size_t which = *(const size_t *)*state;

	user->nb = fake_netback_make(0);
	*offer_of(which) = false;
	netuser_boot(user, 1, "lodger.net-on=split");
	assert_false(feature_is(which));
	assert_all();
}

/* One port is less to wait for than two. */
static void channels_are_split_only_when_that_is_wanted(void **state)
{
	(void)state;
	netuser_boot(user, 1, NULL);
	assert_false(netuser_features(user).split_channels);
	assert_all();
}

static void a_feature_that_is_switched_off(void **state)
{
	const size_t which = *(const size_t *)*state;
	char option[64];

	/* Only what is on by itself is on. */
	snprintf(option, sizeof(option), "%slodger.net-off=%s",
		 strcmp(switches[which].name, "split") ? "lodger.net-on=split " : "",
		 switches[which].name);
	netuser_boot(user, 1, option);
	assert_false(feature_is(which));
	assert_all();
}

/* A back end from before any of it; one that comes back with more, or with less. */
static void a_back_end_without_any_feature(void **state)
{
	(void)state;
	user->nb = fake_netback_make(0);
	user->nb->offer = (struct fake_net_offer){.carrier = -1};
	netuser_boot(user, 1, "lodger.net-on=split lodger.net-queues=4");
	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		assert_false(feature_is(i));
	assert_int_equal(netuser_features(user).queues, 1);
	assert_all();
}

static void a_back_end_comes_back_with_other_features(void **state)
{
	const struct fake_net_offer none = {.csum4 = true, .carrier = -1};
	struct fake_net_offer all;

	(void)state;
	netuser_boot(user, 1, "lodger.net-on=split lodger.net-queues=3");
	all = user->nb->offer;
	assert_all();
	assert_int_equal(user->nb->wish.queues, 3);
	for (unsigned i = 0; i < 6; i++) {
		user->nb->offer = i % 2 ? all : none;
		/* One after the other, too. */
		user->nb->offer.queues = i == 2 ? 2 : user->nb->offer.queues;
		user->nb->offer.split = i == 4 || user->nb->offer.split;
		fake_netback_offer(user->nb);
		fake_backend_restart(&user->nb->backend);
		fake_kernel_run(TIME_MS);
		assert_reconnects(user);
		assert_all();
	}
}

static void the_second_device_has_options_of_its_own(void **state)
{
	static struct fake_netuser two[2];

	(void)state;
	netuser_boot(
		two, 2,
		"lodger.net-off=sg lodger.net-on=split lodger.net-off1=lend,csum6,nonsense,,split "
		"lodger.net-queues=9 lodger.net-queues1=2");
	assert_false(netuser_features(&two[0]).scatter_gather);
	assert_true(netuser_features(&two[0]).lend && netuser_features(&two[0]).checksum_ipv6);
	assert_true(netuser_features(&two[0]).split_channels);
	assert_int_equal(netuser_features(&two[0]).queues, 1);
	assert_true(netuser_features(&two[1]).scatter_gather);
	assert_false(netuser_features(&two[1]).lend || netuser_features(&two[1]).checksum_ipv6);
	assert_false(netuser_features(&two[1]).split_channels);
	assert_int_equal(netuser_features(&two[1]).queues, 2);
	assert_true(fake_console_lines_with("nonsense") == 1);
	assert_traffic(&two[0]);
	assert_traffic(&two[1]);
}

/* --- and the others --- */

static void several_queues(unsigned wanted, unsigned offered)
{
	static unsigned on[FAKE_NET_QUEUES];
	char option[64];
	struct held before;

	snprintf(option, sizeof(option), "lodger.net-queues=%u%s", wanted,
		 wanted > offered ? " lodger.net-on=split" : "");
	user->nb = fake_netback_make(0);
	user->nb->offer.queues = offered;
	netuser_boot(user, 1, option);
	assert_int_equal(user->nb->wish.queues, wanted < offered ? wanted : offered);
	assert_all();
	before = netuser_settle(user);
	/* A flow keeps to a queue, and flows spread. */
	for (unsigned flow = 0; flow < 64; flow++)
		for (unsigned i = 0; i < 4; i++) {
			struct fake_frame frame = fake_frame_make(flow & 1, FAKE_UDP, 100, false);
			const size_t sent = user->nb->frames_sent;
			static unsigned queue;

			frame.bytes[(flow & 1 ? 54 : 34) + 1] = (uint8_t)flow;
			assert_int_equal(netuser_send(user, &frame), 0);
			fake_kernel_run(TIME_MS);
			if (i > 0)
				assert_int_equal(fake_netback_frame(user->nb, sent)->queue, queue);
			queue = fake_netback_frame(user->nb, sent)->queue;
			on[queue]++;
			assert_frame_in(user, i % user->nb->wish.queues, &frame);
		}
	for (unsigned i = 0; i < user->nb->wish.queues; i++)
		assert_true(on[i] > 0);
	assert_settles(user, before);
}

static void as_many_queues_as_are_wanted(void **state)
{
	(void)state;
	several_queues(3, 4);
}

static void as_many_queues_as_are_offered(void **state)
{
	(void)state;
	several_queues(4, 2);
}

static void groups_are_joined_and_left(void **state)
{
	uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
	struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 100, false);

	(void)state;
	netuser_boot(user, 1, NULL);
	memcpy(frame.bytes, group, 6);
	fake_netback_give(user->nb, 0, &frame);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->nb->rx_filtered, 1);
	assert_int_equal(netfront_multicast(user->nf, group, true), 0);
	assert_int_equal(netfront_multicast(user->nf, group, true), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->nb->groups, 1);
	assert_frame_in(user, 0, &frame);
	/* Twice joined, and known to a new back end as well. */
	assert_int_equal(netfront_multicast(user->nf, group, false), 0);
	fake_backend_restart(&user->nb->backend);
	fake_kernel_run(TIME_MS);
	assert_reconnects(user);
	assert_int_equal(user->nb->groups, 1);
	assert_frame_in(user, 0, &frame);
	assert_int_equal(netfront_multicast(user->nf, group, false), 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->nb->groups, 0);
	/* More than the filter takes: all are passed on. */
	for (unsigned i = 0; i < 100; i++) {
		group[5] = (uint8_t)i;
		assert_in_range(netfront_multicast(user->nf, group, true) + ENOSPC, 0, ENOSPC);
	}
	fake_kernel_run(TIME_S);
	assert_reconnects(user);
	assert_frame_in(user, 0, &frame);
}

static void the_link_follows_the_carrier(void **state)
{
	struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 100, false);

	(void)state;
	user->nb = fake_netback_make(0);
	user->nb->offer.carrier = 0;
	netuser_boot(user, 1, NULL);
	assert_int_equal(user->links_up, 0);
	assert_int_equal(netuser_send(user, &frame), -ENETDOWN);
	for (unsigned i = 1; i < 5; i++) {
		fake_netback_carrier(user->nb, true);
		fake_kernel_run(TIME_MS);
		assert_int_equal(user->links_up, i);
		assert_traffic(user);
		fake_netback_carrier(user->nb, false);
		fake_kernel_run(TIME_MS);
		assert_int_equal(user->links_down, i);
		assert_int_equal(netuser_send(user, &frame), -ENETDOWN);
	}
	fake_netback_carrier(user->nb, true);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->nb->backend.connects, 1);
	assert_all();
}

static void mtu_of(unsigned mtu, const char *options, unsigned used)
{
	struct netfront_info info;
	struct fake_frame frame;

	user->nb = fake_netback_make(0);
	user->nb->mtu = mtu;
	netuser_boot(user, 1, options);
	netfront_info(user->nf, &info);
	assert_int_equal(info.mtu, used);
	user->nb->mtu = used;
	frame = fake_frame_make(false, FAKE_UDP, used - 28, false);
	assert_frame_out(user, &frame);
	assert_frame_in(user, 0, &frame);
	frame = fake_frame_make(false, FAKE_UDP, used - 27, false);
	assert_int_equal(netuser_send(user, &frame), -EMSGSIZE);
}

static void a_large_mtu_is_used(void **state)
{
	(void)state;
	mtu_of(9000, NULL, 9000);
}

static void an_mtu_that_fits_a_page_needs_no_pieces(void **state)
{
	(void)state;
	mtu_of(4082, "lodger.net-off=sg", 4082);
}

static void an_mtu_beyond_a_page_needs_pieces(void **state)
{
	(void)state;
	mtu_of(4083, "lodger.net-off=sg", 1500);
}

static void an_mtu_that_is_switched_off(void **state)
{
	(void)state;
	mtu_of(9000, "lodger.net-off=mtu", 1500);
}

static size_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* A test for each element of a table, by its number. */
#define EACH(function, number, name)                                       \
	{                                                                  \
#function "/" name, function, NULL, NULL, &numbers[number] \
	}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(all_that_is_offered_is_used),
	cmocka_unit_test(channels_are_split_only_when_that_is_wanted),
	EACH(a_feature_that_is_not_offered, 0, "sg"),
	EACH(a_feature_that_is_not_offered, 1, "csum4"),
	EACH(a_feature_that_is_not_offered, 2, "csum6"),
	EACH(a_feature_that_is_not_offered, 3, "gso4"),
	EACH(a_feature_that_is_not_offered, 4, "gso6"),
	EACH(a_feature_that_is_not_offered, 5, "split"),
	EACH(a_feature_that_is_not_offered, 6, "multicast"),
	EACH(a_feature_that_is_switched_off, 0, "sg"),
	EACH(a_feature_that_is_switched_off, 1, "csum4"),
	EACH(a_feature_that_is_switched_off, 2, "csum6"),
	EACH(a_feature_that_is_switched_off, 3, "gso4"),
	EACH(a_feature_that_is_switched_off, 4, "gso6"),
	EACH(a_feature_that_is_switched_off, 5, "split"),
	EACH(a_feature_that_is_switched_off, 6, "multicast"),
	cmocka_unit_test(a_back_end_without_any_feature),
	cmocka_unit_test(a_back_end_comes_back_with_other_features),
	cmocka_unit_test(the_second_device_has_options_of_its_own),
	cmocka_unit_test(as_many_queues_as_are_wanted),
	cmocka_unit_test(as_many_queues_as_are_offered),
	cmocka_unit_test(groups_are_joined_and_left),
	cmocka_unit_test(the_link_follows_the_carrier),
	cmocka_unit_test(a_large_mtu_is_used),
	cmocka_unit_test(an_mtu_that_fits_a_page_needs_no_pieces),
	cmocka_unit_test(an_mtu_beyond_a_page_needs_pieces),
	cmocka_unit_test(an_mtu_that_is_switched_off),
};

UNIT_MAIN(tests)
