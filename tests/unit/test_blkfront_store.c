/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ when xenstore says nonsense about its disk, and when the back end's states go where
 *       they never should.
 * Why:  whoever may write the back end's directory is not always right, and need not be friendly.
 * How:  one node at a time has each of a list of values that no back end would write; then either the
 *       disk is refused, with a line about it, or it connects and works. And all of that again while
 *       requests are under way.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define BACK "/local/domain/0/backend/vbd/7/51712/"

static struct fake_blkuser user[2];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[1 << 20];

struct lie {
	const char *node, *value;
};

static const struct lie *lie;

static void lie_tell(struct fake_blkback *self)
{
	char path[96];

	(void)self;
	snprintf(path, sizeof(path), BACK "%s", lie->node);
	if (lie->value)
		fake_store_write(path, "%s", lie->value);
	else
		fake_store_remove(path);
}

/* --- what cannot be a disk --- */

static const struct lie no_disks[] = {
	{"sectors", ""},
	{"sectors", "x"},
	{"sectors", "-1"},
	{"sectors", "18446744073709551615"},
	{"sectors", "36028797018963968"}, /* 2^55: its bytes are 2^64 */
	{"sectors", NULL},
	{"sector-size", "0"},
	{"sector-size", "1"},
	{"sector-size", "3"},
	{"sector-size", "511"},
	{"sector-size", "513"},
	{"sector-size", "1536"},
	{"sector-size", "8192"},
	{"sector-size", "4294967808"},
	{"sector-size", "18446744073709551615"},
};

static void what_cannot_be_a_disk_is_not_used(void **state)
{
	lie = *state;
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	user[0].bb = bb = fake_blkback_make(BLKUSER_NUMBER(0));
	bb->on_connect = lie_tell;
	fake_blkback_plug(bb);
	user[1].bb = fake_blkback_make(BLKUSER_NUMBER(1));
	fake_blkback_plug(user[1].bb);
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), -ETIMEDOUT);
	assert_true(fake_console_lines_with("error") >= 1);
	blkuser_open(&user[1], 1);
	assert_disk_works(&user[1]);
	blkuser_open(&user[0], 0);
	assert_int_not_equal(blkfront_read(user[0].bf, 0, data, 512), 0);
	/* It tells the truth at last. */
	bb->on_connect = NULL;
	assert_disk_reconnects(user);
	assert_int_equal(user[1].bb->backend.connects, 1);
}

/* --- what is nonsense, and does not matter --- */

static const char *const values[] = {
	"",
	"x",
	"-1",
	"0",
	"1",
	"2",
	"3",
	"11",
	"12",
	"63",
	"64",
	"511",
	"4096",
	"4097",
	"65535",
	"65536",
	"4294967295",
	"4294967296",
	"4294967297",
	"18446744073709551615",
	"18446744073709551616",
	"01",
	" 1",
	"1\n",
	"\x01\xff",
	NULL,
};

static const char *const nodes[] = {
	"feature-flush-cache",
	"feature-barrier",
	"feature-discard",
	"feature-persistent",
	"feature-max-indirect-segments",
	"discard-granularity",
	"discard-alignment",
	"discard-secure",
	"max-ring-page-order",
	"max-ring-pages",
	"multi-queue-max-queues",
	"physical-sector-size",
	"info",
};

static uint32_t power_of_two(uint64_t value)
{
	return value > 0 && (value & (value - 1)) == 0;
}

/* Whatever it makes of the value: it works, and what it says of itself can be. */
static void assert_sane(void)
{
	struct blkfront_info info;

	assert_disk_reconnects(user);
	info = blkuser_info(user);
	assert_int_equal(info.sector_size, 512);
	assert_true(power_of_two(info.physical_sector_size));
	assert_true(info.physical_sector_size >= info.sector_size);
	assert_in_range(info.features.segments, 1, 4096);
	assert_in_range(info.features.queues, 1, FAKE_BLOCK_QUEUES);
	assert_in_range(info.features.ring_pages, 1, 16);
	if (info.discard) {
		assert_true(info.discard_granularity >= info.sector_size);
		assert_true(info.discard_alignment < info.discard_granularity);
		assert_int_equal(info.discard_granularity % info.sector_size, 0);
		assert_int_equal(info.discard_alignment % info.sector_size, 0);
		if (!info.readonly)
			assert_int_equal(blkfront_discard(user->bf, 4096, 64 << 10, false), 0);
	}
	if (info.flush)
		assert_int_equal(blkfront_flush(user->bf), 0);
	if (!info.readonly)
		(void)blkuser_do(user, BLKFRONT_WRITE, 0, data, 600 << 10);
	(void)blkuser_do(user, BLKFRONT_READ, 512, data, 600 << 10);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void nonsense_about_a_feature(void **state)
{
	static struct lie now;
	struct held before;

	lie = &now;
	now.node = *state;
	user->bb = bb = fake_blkback_make(BLKUSER_NUMBER(0));
	/* It takes what it says it takes, as far as the protocol goes. */
	bb->offer.indirect = FAKE_BLOCK_INDIRECT;
	bb->offer.queues = FAKE_BLOCK_QUEUES;
	blkuser_boot(user, 1, "lodger.blk-queues=4 lodger.blk-ring-pages=16 lodger.log=error");
	before = blkuser_settle(user);
	bb->on_connect = lie_tell;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		now.value = values[i];
		lie_tell(bb);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_MS);
		assert_sane();
	}
	bb->on_connect = NULL;
	fake_blkback_offer(bb);
	assert_disk_settles(user, before);
}

/* A disk of nothing is a disk, as a drive without a medium is. */
static void a_disk_of_no_sectors(void **state)
{
	static const struct lie nothing = {"sectors", "0"};

	(void)state;
	lie = &nothing;
	user->bb = bb = fake_blkback_make(BLKUSER_NUMBER(0));
	bb->on_connect = lie_tell;
	blkuser_boot(user, 1, NULL);
	assert_int_equal(blkuser_info(user).sectors, 0);
	assert_int_equal(blkfront_read(user->bf, 0, data, 1), -EINVAL);
	assert_int_equal(blkfront_read(user->bf, 0, data, 0), 0);
	assert_int_equal(bb->reads, 0);
	fake_blkback_resize(bb, 2048);
	fake_kernel_run(TIME_S);
	assert_disk_works(user);
}

/* --- while it is connected --- */

static const char *const changing[] = {"sectors", "sector-size", "info", "feature-discard",
				       "discard-granularity"};

/* The back end says its state again, as it does when the size has changed. */
static void nonsense_while_connected(void **state)
{
	const char *node = *state;
	struct held before;
	char path[96];

	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	before = blkuser_settle(user);
	snprintf(path, sizeof(path), BACK "%s", node);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct blkuser_request *request[8];
		unsigned busy = 0;

		if (values[i])
			fake_store_write(path, "%s", values[i]);
		else
			fake_store_remove(path);
		bb->hold = true;
		/* What is said of the size may have them refused. */
		for (unsigned j = 0; j < 8; j++) {
			request[busy] = blkuser_request(user);
			request[busy]->request.op = BLKFRONT_READ;
			request[busy]->request.offset = j * 16384;
			request[busy]->request.data = data + j * 16384;
			request[busy]->request.len = 8192;
			busy += blkuser_submit(request[busy]) == 0;
		}
		fake_kernel_run(TIME_MS);
		bb->told = UINT64_MAX / 1024; /* if it believes a huge one, so be it */
		fake_backend_state(&bb->backend, XenbusStateConnected);
		fake_kernel_run(TIME_S);
		bb->hold = false;
		blkuser_wait(user);
		for (unsigned j = 0; j < busy; j++)
			assert_true(request[j]->status == 0 || request[j]->status == -EIO);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_MS);
		assert_disk_reconnects(user);
	}
	assert_disk_settles(user, before);
}

/* --- states --- */

static void ask_some(void)
{
	for (unsigned i = 0; i < 40; i++)
		(void)blkuser_ask(user, i % 3 ? BLKFRONT_READ : BLKFRONT_WRITE, (4 + i) * 16384,
				  data + i * 16384 + i % 2 * 100, 512 + i % 16 * 512);
}

static void impossible_states_of_the_back_end(void **state)
{
	static const char *const states[] = {"",  "9", "x", "-1", "4294967300", "0",
					     "1", "2", "3", "7",  "8"};
	struct held before;

	(void)state;
	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	before = blkuser_settle(user);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		bb->hold = true;
		bb->backend.deaf = true;
		ask_some();
		fake_kernel_run(TIME_MS);
		fake_store_write(BACK "state", "%s", states[i]);
		fake_kernel_run(TIME_MS << i);
		bb->hold = bb->backend.deaf = false;
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		assert_disk_reconnects(user);
	}
	assert_int_equal(user->errors, 0);
	assert_disk_settles(user, before);
}

static void states_that_go_back_and_forth(void **state)
{
	struct held before;

	(void)state;
	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	before = blkuser_settle(user);
	for (int round = 0; round < 200; round++) {
		if (user->busy == 0)
			ask_some();
		bb->hold = unit_random() % 2;
		fake_store_write(BACK "state", "%u", unit_random() % 10);
		fake_kernel_run(TIME_US << (unit_random() % 14));
	}
	bb->hold = false;
	fake_store_write(BACK "online", "1");
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_disk_reconnects(user);
	assert_int_equal(user->errors, 0);
	assert_disk_settles(user, before);
}

/* It closes by itself in the midst, and comes back. */
static void the_back_end_closes_in_the_midst(void **state)
{
	static const enum xenbus_state states[] = {XenbusStateClosing, XenbusStateClosed,
						   XenbusStateInitWait, XenbusStateInitialised};
	struct held before;

	(void)state;
	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	before = blkuser_settle(user);
	for (unsigned i = 0; i < 4 * ARRAY_SIZE(states); i++) {
		bb->hold = true;
		ask_some();
		fake_kernel_run(TIME_US * (i / 4) * 30);
		fake_backend_state(&bb->backend, states[i % 4]);
		fake_kernel_run(TIME_MS);
		bb->hold = false;
		fake_kernel_run(5 * TIME_S);
		if (!fake_backend_connected(&bb->backend))
			fake_backend_restart(&bb->backend);
		assert_disk_reconnects(user);
	}
	assert_int_equal(user->errors, 0);
	assert_disk_settles(user, before);
}

/* It was a good disk for a long time: that is no reason to try it a million times a second now. */
static void a_disk_is_tried_the_more_seldom_the_more_often_it_fails(void **state)
{
	static const struct lie nothing = {"sectors", NULL};
	unsigned connects;

	(void)state;
	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	fake_kernel_run(3600 * TIME_S);
	assert_disk_works(user);
	lie = &nothing;
	bb->on_connect = lie_tell;
	connects = bb->backend.connects;
	fake_console_clear();
	fake_backend_restart(&bb->backend);
	fake_kernel_run(600 * TIME_S);
	assert_in_range(bb->backend.connects - connects, 5, 40);
	assert_in_range(fake_console_lines_with("error"), 5, 40);
	bb->on_connect = NULL;
	assert_disk_reconnects(user);
}

/* The store does what it is asked, and its answer is lost: our state is not what we think it is. */
static unsigned swallowed;

static void swallow_write(struct fake_message *message)
{
	if (message->header.type == XS_WRITE) {
		message->copies = 0;
		swallowed++;
	}
}

static void a_state_is_written_and_the_answer_lost(void **state)
{
	struct held before;

	(void)state;
	blkuser_boot(user, 1, "lodger.log=error");
	bb = user->bb;
	before = blkuser_settle(user);
	/* It waits, Initialising, for a back end that then says Closing once more. */
	bb->backend.deaf = true;
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_int_equal(fake_front_state(&bb->backend), XenbusStateInitialising);
	fake_store_mangle = swallow_write;
	fake_backend_state(&bb->backend, XenbusStateClosing);
	fake_kernel_run(20 * TIME_S);
	assert_true(swallowed > 0);
	fake_store_mangle = NULL;
	bb->backend.deaf = false;
	fake_backend_state(&bb->backend, XenbusStateClosed);
	assert_disk_reconnects(user);
	assert_disk_settles(user, before);
}

int main(int argc, char **argv)
{
	static struct CMUnitTest
		tests[ARRAY_SIZE(no_disks) + ARRAY_SIZE(nodes) + ARRAY_SIZE(changing) + 6];
	static char titles[ARRAY_SIZE(tests)][80];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(no_disks); i++) {
		snprintf(titles[count], sizeof(titles[0]), "no_disk/%s %s", no_disks[i].node,
			 no_disks[i].value ? no_disks[i].value : "missing");
		tests[count] = (struct CMUnitTest){titles[count], what_cannot_be_a_disk_is_not_used,
						   NULL, NULL, (void *)(uintptr_t)&no_disks[i]};
		count++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(nodes) + ARRAY_SIZE(changing); i++) {
		const bool early = i < ARRAY_SIZE(nodes);
		const char *node = early ? nodes[i] : changing[i - ARRAY_SIZE(nodes)];

		snprintf(titles[count], sizeof(titles[0]), "nonsense%s/%s",
			 early ? "" : "_while_connected", node);
		tests[count] = (struct CMUnitTest){
			titles[count], early ? nonsense_about_a_feature : nonsense_while_connected,
			NULL, NULL, (void *)(uintptr_t)node};
		count++;
	}
	memcpy(&tests[count],
	       (const struct CMUnitTest[]){
		       cmocka_unit_test(a_disk_of_no_sectors),
		       cmocka_unit_test(impossible_states_of_the_back_end),
		       cmocka_unit_test(states_that_go_back_and_forth),
		       cmocka_unit_test(the_back_end_closes_in_the_midst),
		       cmocka_unit_test(a_disk_is_tried_the_more_seldom_the_more_often_it_fails),
		       cmocka_unit_test(a_state_is_written_and_the_answer_lost),
	       },
	       6 * sizeof(tests[0]));
	return unit_main(argc, argv, tests, count + 6);
}
