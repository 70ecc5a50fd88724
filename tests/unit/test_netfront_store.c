/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront/ when xenstore says nonsense about its device, and when the back end's states go
 *       where they never should.
 * Why:  whoever may write the back end's directory is not always right, and need not be friendly.
 * How:  one node at a time has each of a list of values that no back end would write; then either the
 *       device is refused, with a line about it, or it connects without the feature and works.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define FRONT "/local/domain/7/device/vif/0/"
#define BACK  "/local/domain/0/backend/vif/7/0/"

static struct fake_netuser user[2];

/* --- a device that cannot be --- */

static const struct lie {
	const char *what, *node, *value;
} lies[] = {
	{"mac that is none", FRONT "mac", "nonsense"},
	{"empty mac", FRONT "mac", ""},
	{"no mac", FRONT "mac", NULL},
	{"mac with more behind it", FRONT "mac", "00:16:3e:00:00:01:"},
	{"mac of a group", FRONT "mac", "01:00:5e:00:00:01"},
	{"mac of zeros", FRONT "mac", "00:00:00:00:00:00"},
	{"empty backend", FRONT "backend", ""},
	{"no backend", FRONT "backend", NULL},
	{"backend-id that is none", FRONT "backend-id", "x"},
	{"negative backend-id", FRONT "backend-id", "-1"},
	{"backend-id too large", FRONT "backend-id", "65536"},
	{"backend-id reserved", FRONT "backend-id", "32752"},
	{"no backend-id", FRONT "backend-id", NULL},
};

static void a_device_that_cannot_be_is_refused(void **state)
{
	const struct lie *lie = *state;

	fake_console_start();
	fake_store_start();
	(void)fake_netback_start(0);
	user[1].nb = fake_netback_start(1);
	if (lie->value)
		fake_store_write(lie->node, "%s", lie->value);
	else
		fake_store_remove(lie->node);
	fake_kernel_start(NULL);
	fake_kernel_init();
	(void)xenbus_devices_ready(time_in(5 * TIME_S));
	assert_true(fake_console_lines_with("device/vif/0") >= 1);
	/* The other one is the first then. */
	assert_null(netfront_open(1));
	netuser_open(&user[1], 0);
	assert_traffic(&user[1]);
	assert_int_equal(user[1].nb->backend.connects, 1);
}

/* --- features that are not what they should be --- */

static const char *const values[] = {
	"",
	"x",
	"-1",
	"2",
	"1 ",
	" 1",
	"0x1",
	"256",
	"65536",
	"4294967297",
	"01",
	"18446744073709551616",
	"1\n1",
	"\x01\xff",
	"1111111111111111111111111111111111111111111111111111111111111111",
};

static const char *const nodes[] = {
	"feature-sg",
	"feature-gso-tcpv4",
	"feature-gso-tcpv6",
	"feature-no-csum-offload",
	"feature-ipv6-csum-offload",
	"feature-split-event-channels",
	"feature-multicast-control",
	"feature-dynamic-multicast-control",
	"multi-queue-max-queues",
	"carrier",
	"feature-rx-copy",
	"mtu",
};

/* Whatever it makes of the value, both sides agree on it, and the frames that it allows pass. */
static void assert_works(void)
{
	struct netfront_features has;
	struct fake_frame frame;

	assert_reconnects(user);
	has = netuser_features(user);
	assert_int_equal(user->nb->wish.queues, has.queues);
	assert_int_equal(user->nb->wish.sg, has.scatter_gather);
	for (unsigned v6 = 0; v6 < 2; v6++) {
		frame = fake_frame_make(v6, FAKE_TCP, 100,
					v6 ? has.checksum_ipv6 : has.checksum_ipv4);
		assert_frame_out(user, &frame);
		assert_frame_in(user, 0, &frame);
		if (!(v6 ? has.gso_ipv6 : has.gso_ipv4))
			continue;
		frame = fake_frame_to_cut(v6, 20000);
		assert_frame_out(user, &frame);
		assert_frame_in(user, user->nb->wish.queues - 1, &frame);
	}
	assert_int_equal(netuser_stats(user).violations, 0);
}

static void nonsense_about_a_feature(void **state)
{
	const char *node = *state;
	struct held before;
	char path[96];

	before = netuser_boot_one(user, "lodger.net-on=split lodger.net-queues=4 lodger.log=error");
	snprintf(path, sizeof(path), BACK "%s", node);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		fake_store_write(path, "%s", values[i]);
		fake_backend_restart(&user->nb->backend);
		fake_kernel_run(TIME_MS);
		assert_works();
	}
	fake_store_write_bytes(path, "1\0001", 3);
	fake_backend_restart(&user->nb->backend);
	fake_kernel_run(TIME_MS);
	assert_works();
	fake_store_remove(path);
	fake_netback_offer(user->nb);
	assert_settles(user, before);
}

/* Up and down faster than anybody looks; nonsense means nothing bad. */
static void a_carrier_that_flaps(void **state)
{
	(void)state;
	netuser_boot(user, 1, NULL);
	for (unsigned i = 0; i < 1000; i++)
		fake_netback_carrier(user->nb, i % 2);
	fake_kernel_run(TIME_S);
	assert_traffic(user);
	assert_int_equal(user->links_up, user->links_down + 1);
	assert_int_equal(user->nb->backend.connects, 1);
	/* Without the node the link is up. */
	fake_netback_carrier(user->nb, false);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->links_up, user->links_down);
	fake_store_remove(BACK "carrier");
	fake_kernel_run(TIME_S);
	assert_traffic(user);
}

static void an_impossible_mtu_is_replaced(void **state)
{
	static const char *const mtus[] = {"0", "67", "65522", "65536", "18446744073709551615"};
	struct netfront_info info;

	(void)state;
	netuser_boot(user, 1, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(mtus); i++) {
		fake_store_write(FRONT "mtu", "%s", mtus[i]);
		fake_backend_restart(&user->nb->backend);
		fake_kernel_run(TIME_MS);
		assert_reconnects(user);
		netfront_info(user->nf, &info);
		assert_int_equal(info.mtu, 1500);
	}
}

static void a_device_without_a_number_is_passed_over(void **state)
{
	(void)state;
	fake_store_start();
	fake_store_write("/local/domain/7/device/vif/zero/mac", "00:16:3e:00:00:09");
	netuser_boot(user, 1, NULL);
	assert_null(netfront_open(1));
	assert_traffic(user);
}

/* --- states --- */

static void impossible_states_of_the_back_end(void **state)
{
	static const char *const states[] = {"", "9", "x", "-1", "4294967300", "0", "1", "2", "3"};
	struct held before;

	(void)state;
	netuser_boot(user, 2, NULL);
	(void)netuser_settle(&user[1]);
	before = netuser_settle(user);
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		fake_store_write(BACK "state", "%s", states[i]);
		fake_kernel_run(10 * TIME_S);
		assert_traffic(&user[1]);
		/* It comes to its senses. */
		assert_settles(user, before);
	}
	assert_int_equal(user[1].links_down, 1);
}

/* From every state to every other, in an order that no table has. */
static void states_that_go_back_and_forth(void **state)
{
	struct held before;

	(void)state;
	netuser_boot(user, 2, NULL);
	(void)netuser_settle(&user[1]);
	before = netuser_settle(user);
	for (unsigned i = 0; i < 300; i++) {
		fake_store_write(BACK "state", "%u", unit_random() % 9);
		fake_kernel_run(TIME_US << unit_random() % 24);
	}
	fake_kernel_run(60 * TIME_S);
	assert_traffic(&user[1]);
	assert_settles(user, before);
	assert_int_equal(user[1].links_down, 1);
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(a_carrier_that_flaps),
	cmocka_unit_test(an_impossible_mtu_is_replaced),
	cmocka_unit_test(a_device_without_a_number_is_passed_over),
	cmocka_unit_test(impossible_states_of_the_back_end),
	cmocka_unit_test(states_that_go_back_and_forth),
};

int main(int argc, char **argv)
{
	static struct CMUnitTest tests[ARRAY_SIZE(lies) + ARRAY_SIZE(nodes) + ARRAY_SIZE(others)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		tests[count++] =
			(struct CMUnitTest){lies[i].what, a_device_that_cannot_be_is_refused, NULL,
					    NULL, (void *)(uintptr_t)&lies[i]};
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		tests[count++] = (struct CMUnitTest){nodes[i], nonsense_about_a_feature, NULL, NULL,
						     (void *)(uintptr_t)nodes[i]};
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		tests[count++] = others[i];
	return unit_main(argc, argv, tests, count);
}
