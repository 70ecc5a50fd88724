/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: network devices that are plugged in and out while the guest runs.
 * Why:  what a device leaves behind adds up over a guest's life, and what it takes along that somebody
 *       still uses is worse.
 * How:  devices of the fake netback's come and go beside one that stays; the guest must hold in the
 *       end what it held before.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netuser.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

static struct fake_netuser user[2];

static struct netfront *arrived;

static void see_arrival(struct netfront *nf)
{
	arrived = nf;
}

/* In and out, six times: nothing is left behind. */
static void a_device_is_plugged_in_while_the_guest_runs(void **state)
{
	struct held before;

	(void)state;
	before = netuser_boot_one(user, NULL);
	netfront_arrived_hook = see_arrival;
	for (unsigned i = 1; i <= 6; i++) {
		user[1] = (struct fake_netuser){.nb = fake_netback_make(i)};
		arrived = NULL;
		fake_netback_plug(user[1].nb);
		fake_kernel_run(5 * TIME_S);
		assert_non_null(arrived);
		netuser_open(&user[1], 1);
		assert_ptr_equal(arrived, user[1].nf);
		assert_reconnects(&user[1]);
		assert_traffic(user);
		fake_backend_unplug(&user[1].nb->backend);
		fake_kernel_run(60 * TIME_S);
		assert_int_equal(user[1].removed, 1);
		assert_traffic(user);
	}
	assert_settles(user, before);
}

/* What the first of two devices holds, before the second is there. */
static struct held start_with_second(bool take)
{
	const struct held held = netuser_boot_one(user, NULL);

	user[1] = (struct fake_netuser){.nb = fake_netback_start(1), .take = take};
	fake_kernel_run(5 * TIME_S);
	netuser_open(&user[1], 1);
	return held;
}

/* A client may give back the pages that it has taken long after the device is gone. */
static void pages_outlive_their_device(void **state)
{
	const struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1400, false);
	struct held before;

	(void)state;
	before = start_with_second(true);
	for (int i = 0; i < 10; i++)
		assert_frame_in(&user[1], 0, &frame);
	assert_int_equal(user[1].taken_count, 10);
	fake_backend_unplug(&user[1].nb->backend);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(user[1].removed, 1);
	fake_kernel_run(60 * TIME_S);
	netuser_free(&user[1]);
	fake_kernel_run(TIME_S);
	assert_settles(user, before);
}

/* … but what it has lent comes back before it hears that the device is gone. */
static void a_device_waits_for_the_pages_that_were_lent_to_it(void **state)
{
	const struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 1400, false);
	struct fake_netback *nb;
	uint8_t *page;
	struct held before;

	(void)state;
	before = start_with_second(false);
	nb = user[1].nb;
	nb->hold = true;
	page = page_alloc();
	assert_int_equal(netuser_lend(&user[1], &frame, 42, page, 0), 0); /* too short */
	const struct fake_frame large = fake_frame_make(false, FAKE_TCP, 4096, true);
	struct fake_frame cut = large;

	cut.gso_type = XEN_NETIF_GSO_TYPE_TCPV4;
	cut.gso_size = 1448;
	assert_int_equal(netuser_lend(&user[1], &cut, 54, page, 0), 1);
	fake_kernel_run(TIME_MS);
	assert_int_equal(nb->frames_sent, 2);
	nb->keep = true;
	fake_netback_release(nb);
	fake_kernel_run(TIME_US);
	fake_backend_unplug(&nb->backend);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(user[1].sent, 0);
	assert_int_equal(user[1].removed, 0);
	fake_netback_let_go(nb);
	fake_kernel_run(2 * TIME_S);
	assert_int_equal(user[1].sent, 1);
	assert_int_equal(user[1].removed, 1);
	page_free(page);
	assert_settles(user, before);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_device_is_plugged_in_while_the_guest_runs),
	cmocka_unit_test(pages_outlive_their_device),
	cmocka_unit_test(a_device_waits_for_the_pages_that_were_lent_to_it),
};

UNIT_MAIN(tests)
