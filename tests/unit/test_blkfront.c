/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ over the bus: connecting, transfers of every kind, and a back end that is not to
 *       be trusted.
 * Why:  the peers take the id of a response for a pointer and call what it points at. Here a lie
 *       must cost one connection, and not a byte of anybody's data.
 * How:  a fake blkback on the real ring with a disk in memory; sectors of 512 and 4096 bytes,
 *       read-only disks and huge ones; each lie written into the ring; a back end that goes away
 *       with requests in its hands.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blkfront/blkfront.h"
#include "blkfront/name.h"
#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/device.h"

#define XVDA	  51712u
#define XVDB	  51728u
#define DISK_SIZE (1u << 20)

static struct fake_blkback *bb;
static struct blkfront *bf;

static void boot(void)
{
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), 0);
	bf = blkfront_open(0);
	assert_non_null(bf);
}

static void start_disk(uint32_t sector_size, bool readonly, bool flush)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	bb = fake_blkback_start(XVDA, DISK_SIZE / 512, sector_size, readonly, flush);
	for (size_t i = 0; i < DISK_SIZE; i++)
		bb->disk[i] = (uint8_t)(i * 7 + i / 512);
	boot();
}

static void start(void)
{
	start_disk(512, false, true);
}

static struct blkfront_stats stats(void)
{
	struct blkfront_stats now;

	blkfront_stats(bf, &now);
	return now;
}

static void assert_reads(void)
{
	static uint8_t data[9000];
	const size_t at = unit_random() % (DISK_SIZE - sizeof(data));

	memset(data, 0xcc, sizeof(data));
	assert_int_equal(blkfront_read(bf, at, data, sizeof(data)), 0);
	assert_memory_equal(data, bb->disk + at, sizeof(data));
}

/* --- a correct back end --- */

static void it_connects_and_tells_what_it_is(void **state)
{
	struct blkfront_info info;

	(void)state;
	start();
	blkfront_info(bf, &info);
	assert_string_equal(info.name, "xvda");
	assert_int_equal(info.sector_size, 512);
	assert_int_equal(info.sectors, DISK_SIZE / 512);
	assert_false(info.readonly);
	assert_true(info.flush);
	assert_true(info.connected);
	assert_ptr_equal(blkfront_open_name("xvda"), bf);
	assert_null(blkfront_open_name("xvdb"));
	assert_null(blkfront_open(1));
	assert_reads();
}

static void transfers(uint32_t sector_size)
{
	static uint8_t model[DISK_SIZE], data[200000];
	struct held before;

	start_disk(sector_size, false, true);
	memcpy(model, bb->disk, DISK_SIZE);
	assert_reads();
	before = held_now();
	for (int round = 0; round < 400; round++) {
		const size_t len = unit_random() % (round % 8 ? 9000 : sizeof(data));
		const size_t at = unit_random() % (DISK_SIZE - len + 1);

		if (unit_random() % 2) {
			for (size_t i = 0; i < len; i++)
				data[i] = (uint8_t)unit_random();
			memcpy(model + at, data, len);
			assert_int_equal(blkfront_write(bf, at, data, len), 0);
		} else {
			memset(data, 0xcc, sizeof(data));
			assert_int_equal(blkfront_read(bf, at, data, len), 0);
			assert_memory_equal(data, model + at, len);
			/* Not a byte beyond. */
			if (len < sizeof(data))
				assert_int_equal(data[len], 0xcc);
		}
	}
	assert_memory_equal(bb->disk, model, DISK_SIZE);
	assert_held(before);
}

static void transfers_of_any_length_and_alignment(void **state)
{
	(void)state;
	transfers(512);
}

static void transfers_in_sectors_of_4096(void **state)
{
	struct blkfront_info info;

	(void)state;
	transfers(4096);
	blkfront_info(bf, &info);
	assert_int_equal(info.sector_size, 4096);
	assert_int_equal(info.sectors, DISK_SIZE / 4096);
}

static void the_end_of_the_disk(void **state)
{
	uint8_t data[1024];

	(void)state;
	start();
	assert_int_equal(blkfront_read(bf, DISK_SIZE - 10, data, 10), 0);
	assert_int_equal(blkfront_read(bf, DISK_SIZE, data, 0), 0);
	assert_int_equal(blkfront_read(bf, DISK_SIZE - 10, data, 11), -EINVAL);
	assert_int_equal(blkfront_read(bf, DISK_SIZE, data, 1), -EINVAL);
	assert_int_equal(blkfront_read(bf, DISK_SIZE + 1, data, 0), -EINVAL);
	assert_int_equal(blkfront_read(bf, UINT64_MAX, data, 10), -EINVAL);
	assert_int_equal(blkfront_read(bf, UINT64_MAX - 511, data, 1024), -EINVAL);
	assert_int_equal(blkfront_write(bf, DISK_SIZE - 10, data, 11), -EINVAL);
	assert_int_equal(bb->reads, 1);
}

static void a_disk_of_3_tib(void **state)
{
	struct blkfront_info info;
	uint8_t data[512], before[512];

	(void)state;
	fake_console_start();
	fake_store_start();
	bb = fake_blkback_start(XVDA, (3ull << 40) / 512, 512, false, true);
	boot();
	blkfront_info(bf, &info);
	assert_true(info.sectors == (3ull << 40) / 512);
	memcpy(before, bb->disk, sizeof(before));
	/* What lies beyond 2 TiB must not land at its offset modulo 2 TiB. */
	memset(data, 0x77, sizeof(data));
	assert_int_equal(blkfront_write(bf, 2ull << 40, data, sizeof(data)), 0);
	assert_memory_equal(bb->disk, before, sizeof(before));
	assert_int_equal(blkfront_read(bf, (3ull << 40) - 512, data, 512), 0);
	assert_int_equal(blkfront_read(bf, (3ull << 40) - 511, data, 512), -EINVAL);
}

static void a_read_only_disk_is_only_read(void **state)
{
	uint8_t data[512] = {0};

	(void)state;
	start_disk(512, true, false);
	assert_reads();
	assert_int_equal(blkfront_write(bf, 0, data, sizeof(data)), -EROFS);
	assert_int_equal(blkfront_write(bf, 3, data, 5), -EROFS);
	assert_int_equal(bb->writes, 0);
	assert_int_equal(blkfront_flush(bf), -EOPNOTSUPP);
}

static void flushes_reach_the_disk(void **state)
{
	uint8_t data[512] = {0};

	(void)state;
	start();
	assert_int_equal(blkfront_write(bf, 0, data, sizeof(data)), 0);
	assert_int_equal(blkfront_flush(bf), 0);
	assert_int_equal(bb->flushes, 1);
}

/* Offered, and refused when it comes to it: said once, and not offered to the caller again. */
static void a_flush_that_turns_out_unknown(void **state)
{
	struct blkfront_info info;

	(void)state;
	start();
	bb->flush = false;
	assert_int_equal(blkfront_flush(bf), -EOPNOTSUPP);
	blkfront_info(bf, &info);
	assert_false(info.flush);
	assert_int_equal(blkfront_flush(bf), -EOPNOTSUPP);
	assert_int_equal(bb->flushes, 1);
	assert_reads();
}

/* --- several in flight --- */

static unsigned done_count, done_errors;
static int done_status;
static struct waitq done_queue;

static void done(struct blkfront_request *request, int status)
{
	assert_ptr_equal(request->context, request);
	request->context = NULL; /* a second call for one request would be seen */
	done_count++;
	done_errors += status != 0;
	done_status = status;
	waitq_wake_all(&done_queue);
}

static struct blkfront_request requests[200];
static uint8_t buffers[200][4096];

static void submit_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		requests[i] = (struct blkfront_request){.op = BLKFRONT_READ,
							.offset = i * 4096,
							.data = buffers[i],
							.len = 4096,
							.done = done};
		requests[i].context = &requests[i];
		assert_int_equal(blkfront_submit(bf, &requests[i]), 0);
	}
}

static void assert_all_read(void)
{
	for (int i = 0; i < 100 && done_count < ARRAY_SIZE(requests); i++)
		fake_kernel_run(TIME_S);
	assert_int_equal(done_count, ARRAY_SIZE(requests));
	assert_int_equal(done_status, 0);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		assert_memory_equal(buffers[i], bb->disk + i * 4096, 4096);
}

static void many_requests_at_once(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	bb->hold = true;
	submit_all();
	fake_kernel_run(TIME_MS);
	assert_true(bb->held_count >= 8);
	assert_int_equal(done_count, 0);
	bb->hold = false;
	assert_all_read();
	assert_held(before);
}

static void answers_in_another_order(void **state)
{
	(void)state;
	start();
	bb->reversed = true;
	submit_all();
	assert_all_read();
}

static void a_refused_request_is_never_done(void **state)
{
	static uint8_t data[BLKFRONT_REQUEST_MAX + 512];
	static const struct {
		uint64_t offset;
		size_t len;
	} bad[] = {{1, 512},
		   {0, 511},
		   {0, 0},
		   {0, BLKFRONT_REQUEST_MAX + 512},
		   {DISK_SIZE, 512},
		   {UINT64_MAX, 512},
		   {UINT64_MAX - 511, 512},
		   {0, SIZE_MAX - 511}};

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		requests[0] = (struct blkfront_request){.op = BLKFRONT_READ,
							.offset = bad[i].offset,
							.data = data,
							.len = bad[i].len,
							.done = done};
		assert_int_equal(blkfront_submit(bf, &requests[0]), -EINVAL);
	}
	fake_kernel_run(TIME_S);
	assert_int_equal(done_count, 0);
}

static void two_disks_do_not_mix(void **state)
{
	struct fake_blkback *second;
	struct blkfront *other;
	uint8_t data[512];

	(void)state;
	fake_console_start();
	fake_store_start();
	bb = fake_blkback_start(XVDA, 2048, 512, false, true);
	second = fake_blkback_start(XVDB, 4096, 4096, false, true);
	memset(bb->disk, 'a', 4096);
	memset(second->disk, 'b', 4096);
	boot();
	other = blkfront_open_name("xvdb");
	assert_ptr_equal(other, blkfront_open(1));
	assert_int_equal(blkfront_read(bf, 0, data, 512), 0);
	assert_int_equal(data[0], 'a');
	assert_int_equal(blkfront_read(other, 0, data, 512), 0);
	assert_int_equal(data[0], 'b');
}

static void errors_of_the_disk_are_passed_on(void **state)
{
	uint8_t data[4096];

	(void)state;
	start();
	bb->status = BLKIF_RSP_ERROR;
	assert_int_equal(blkfront_read(bf, 0, data, sizeof(data)), -EIO);
	assert_int_equal(blkfront_write(bf, 7, data, 20), -EIO);
	bb->status = 77;
	assert_int_equal(blkfront_read(bf, 0, data, sizeof(data)), -EIO);
	bb->status = BLKIF_RSP_OKAY;
	assert_reads();
	assert_int_equal(stats().violations, 0);
}

/* --- coming and going --- */

static void a_restart_loses_no_request(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	for (int round = 1; round <= 5; round++) {
		done_count = 0;
		bb->hold = true;
		submit_all();
		fake_kernel_run(TIME_MS);
		fake_backend_restart(&bb->backend);
		bb->hold = false;
		assert_all_read();
		assert_held(before);
	}
	assert_true(stats().retried > 0);
	assert_int_equal(stats().connections, 6);
}

static void a_replaced_back_end_is_survived(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	fake_backend_replace(&bb->backend);
	fake_kernel_run(60 * TIME_S);
	assert_true(fake_backend_connected(&bb->backend));
	assert_reads();
	assert_held(before);
}

static void an_unplugged_disk_fails_its_requests(void **state)
{
	uint8_t data[512];

	(void)state;
	start();
	bb->hold = true;
	submit_all();
	fake_kernel_run(TIME_MS);
	fake_backend_unplug(&bb->backend);
	fake_kernel_run(120 * TIME_S);
	assert_int_equal(done_count, ARRAY_SIZE(requests));
	assert_int_equal(done_status, -EIO);
	assert_int_equal(blkfront_read(bf, 0, data, sizeof(data)), -EIO);
	assert_int_equal(held_now().grants, 0);
}

/* It takes requests and answers none: first the log says so, then they end. */
static void a_silent_back_end_is_not_waited_for_for_ever(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	bb->hold = true;
	submit_all();
	fake_kernel_run(15 * TIME_S);
	assert_int_equal(done_count, 0);
	assert_true(fake_console_lines_with("no answer") >= 1);
	fake_kernel_run(600 * TIME_S);
	assert_int_equal(done_count, ARRAY_SIZE(requests));
	assert_int_equal(done_status, -EIO);
	bb->hold = false;
	fake_kernel_run(60 * TIME_S);
	assert_reads();
	assert_held(before);
}

static void the_disk_may_shrink_while_it_is_away(void **state)
{
	struct blkfront_info info;
	uint8_t data[512];

	(void)state;
	start();
	bb->hold = true;
	submit_all(); /* up to 800 KiB */
	fake_kernel_run(TIME_MS);
	bb->sectors = 100;
	fake_backend_restart(&bb->backend);
	bb->hold = false;
	fake_kernel_run(30 * TIME_S);
	assert_int_equal(done_count, ARRAY_SIZE(requests));
	assert_int_equal(done_errors, ARRAY_SIZE(requests) - 100 * 512 / 4096);
	blkfront_info(bf, &info);
	assert_int_equal(info.sectors, 100);
	assert_int_equal(blkfront_read(bf, 51200, data, 1), -EINVAL);
	assert_int_equal(blkfront_read(bf, 51199, data, 1), 0);
}

static void pages_that_are_kept_stay_parked(void **state)
{
	struct held before;
	grant_ref_t data_ref;
	int status;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	bb->hold = true;
	submit_all();
	fake_kernel_run(TIME_MS);
	data_ref = bb->held[0].seg[0].gref;
	assert_non_null(fake_gnttab_map(FAKE_DOM0, data_ref, false, &status));
	fake_backend_restart(&bb->backend);
	bb->hold = false;
	assert_all_read();
	assert_int_equal(held_now().parked, 1);
	fake_gnttab_unmap(data_ref, false);
	fake_kernel_run(5 * TIME_S);
	assert_held(before);
}

/* --- lies in xenstore --- */

static const struct {
	const char *node, *value;
} lies_in_store[] = {
	{"sectors", ""},	 {"sectors", "x"},
	{"sectors", "-1"},	 {"sectors", "18446744073709551615"},
	{"sectors", NULL},	 {"sector-size", "0"},
	{"sector-size", "511"},	 {"sector-size", "513"},
	{"sector-size", "8192"}, {"sector-size", "4294967808"},
};

static size_t lie;
static bool (*connect_before)(struct fake_backend *self);

static bool connect_and_lie(struct fake_backend *self)
{
	char path[128];

	if (!connect_before(self))
		return false;
	snprintf(path, sizeof(path), "%s/%s", self->back, lies_in_store[lie].node);
	if (lies_in_store[lie].value)
		fake_store_write(path, "%s", lies_in_store[lie].value);
	else
		fake_store_remove(path);
	return true;
}

static void what_cannot_be_a_disk_is_not_used(void **state)
{
	uint8_t data[512];

	lie = *(const size_t *)*state;
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	bb = fake_blkback_start(XVDA, 2048, 512, false, true);
	connect_before = bb->backend.connect;
	bb->backend.connect = connect_and_lie;
	fake_kernel_start(NULL);
	fake_kernel_init();
	assert_int_equal(xenbus_devices_ready(time_in(5 * TIME_S)), -ETIMEDOUT);
	assert_true(fake_console_lines_with("error") >= 1);
	bf = blkfront_open(0);
	if (bf)
		assert_int_not_equal(blkfront_read(bf, 0, data, sizeof(data)), 0);
	/* It tells the truth at last. */
	bb->backend.connect = connect_before;
	fake_kernel_run(60 * TIME_S);
	bf = blkfront_open(0);
	assert_non_null(bf);
	assert_reads();
}

/* --- lies in the ring --- */

static struct blkif_response held_response(void)
{
	return (struct blkif_response){
		.id = bb->held[0].id, .operation = bb->held[0].operation, .status = BLKIF_RSP_OKAY};
}

static void producer_leaps(void)
{
	bb->sring->rsp_prod += 1000;
}

static void producer_goes_back(void)
{
	bb->sring->rsp_prod -= 1;
}

static void producer_passes_the_requests(void)
{
	bb->sring->rsp_prod = bb->sring->req_prod + 1;
}

static void id_out_of_range(void)
{
	struct blkif_response response = held_response();

	response.id = UINT64_MAX;
	fake_blkback_respond(bb, response);
}

static void id_off_by_a_lap(void)
{
	struct blkif_response response = held_response();

	response.id += 32; /* the same slot, another life of it */
	fake_blkback_respond(bb, response);
}

static void id_twice(void)
{
	const struct blkif_response response = held_response();

	bb->held_count = 1; /* the first is done rightly, and then claimed once more */
	fake_blkback_release(bb);
	fake_blkback_respond(bb, response);
}

static void id_like_a_pointer(void)
{
	struct blkif_response response = held_response();

	response.id = (uintptr_t)&requests[0];
	fake_blkback_respond(bb, response);
}

static void another_operation(void)
{
	struct blkif_response response = held_response();

	response.operation = BLKIF_OP_WRITE;
	fake_blkback_respond(bb, response);
}

static void (*const violations[])(void) = {
	producer_leaps,	   producer_goes_back, producer_passes_the_requests,
	id_out_of_range,   id_off_by_a_lap,    id_twice,
	id_like_a_pointer, another_operation,
};

/* One connection, one line; and every request is done in the end, once, with the right data. */
static void a_lie_costs_a_connection_and_no_request(void **state)
{
	const size_t which = *(const size_t *)*state;
	struct held before;

	start();
	assert_reads();
	before = held_now();
	fake_console_clear();
	bb->hold = true;
	submit_all();
	fake_kernel_run(TIME_MS);
	violations[which]();
	fake_channel_notify(bb->channel);
	fake_kernel_run(TIME_MS);
	assert_int_equal(stats().violations, 1);
	assert_int_equal(fake_console_lines_with("error"), 1);
	assert_non_null(fake_store_read("/local/domain/7/error/device/vbd/51712/error"));
	bb->hold = false;
	assert_all_read();
	assert_int_equal(bb->backend.connects, 2);
	assert_held(before);
}

static void a_storm_of_events_costs_time_only(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_now();
	for (int i = 0; i < 10000; i++) {
		fake_channel_notify(bb->channel);
		fake_kernel_run(1);
	}
	assert_reads();
	assert_int_equal(stats().violations, 0);
	assert_held(before);
}

/* What was read is the caller's: the back end cannot change it afterwards. */
static void data_is_copied_before_it_is_given_out(void **state)
{
	static uint8_t data[4096];
	grant_ref_t ref;
	uint8_t *page;
	int status;

	(void)state;
	start();
	bb->hold = true;
	requests[0] = (struct blkfront_request){
		.op = BLKFRONT_READ, .data = data, .len = sizeof(data), .done = done};
	requests[0].context = &requests[0];
	assert_int_equal(blkfront_submit(bf, &requests[0]), 0);
	fake_kernel_run(TIME_MS);
	ref = bb->held[0].seg[0].gref;
	page = fake_gnttab_map(FAKE_DOM0, ref, false, &status);
	assert_non_null(page);
	bb->hold = false;
	fake_blkback_release(bb);
	fake_kernel_run(TIME_MS);
	assert_int_equal(done_count, 1);
	memset(page, 0xee, 4096);
	assert_memory_equal(data, bb->disk, sizeof(data));
	fake_gnttab_unmap(ref, false);
}

/* --- names --- */

static void devices_have_their_usual_names(void **state)
{
	static const struct {
		unsigned number;
		const char *name;
	} cases[] = {
		{51712, "xvda"},
		{51713, "xvda1"},
		{51727, "xvda15"},
		{51728, "xvdb"},
		{51712 + 15 * 16, "xvdp"},
		{768, "hda"},
		{832, "hdb"},
		{5632, "hdc"},
		{2048, "sda"},
		{2049, "sda1"},
		{1u << 28, "xvda"},
		{(1u << 28) + 256 * 26, "xvdaa"},
		{(1u << 28) + 257, "xvdb1"},
		{0, "vbd-0"},
		{UINT32_MAX, "vbd-4294967295"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[16];

		vbd_name(name, sizeof(name), cases[i].number);
		assert_string_equal(name, cases[i].name);
	}
	/* Any number gives a name that ends within its buffer. */
	for (int i = 0; i < 100000; i++) {
		char name[16];

		vbd_name(name, sizeof(name), unit_random() << (unit_random() % 16));
		assert_true(strlen(name) < sizeof(name));
	}
}

static size_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

#define EACH(function, number, name)                                       \
	{                                                                  \
#function "/" name, function, NULL, NULL, &numbers[number] \
	}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_connects_and_tells_what_it_is),
	cmocka_unit_test(transfers_of_any_length_and_alignment),
	cmocka_unit_test(transfers_in_sectors_of_4096),
	cmocka_unit_test(the_end_of_the_disk),
	cmocka_unit_test(a_disk_of_3_tib),
	cmocka_unit_test(a_read_only_disk_is_only_read),
	cmocka_unit_test(flushes_reach_the_disk),
	cmocka_unit_test(a_flush_that_turns_out_unknown),
	cmocka_unit_test(many_requests_at_once),
	cmocka_unit_test(answers_in_another_order),
	cmocka_unit_test(a_refused_request_is_never_done),
	cmocka_unit_test(two_disks_do_not_mix),
	cmocka_unit_test(errors_of_the_disk_are_passed_on),
	cmocka_unit_test(a_restart_loses_no_request),
	cmocka_unit_test(a_replaced_back_end_is_survived),
	cmocka_unit_test(an_unplugged_disk_fails_its_requests),
	cmocka_unit_test(a_silent_back_end_is_not_waited_for_for_ever),
	cmocka_unit_test(the_disk_may_shrink_while_it_is_away),
	cmocka_unit_test(pages_that_are_kept_stay_parked),
	EACH(what_cannot_be_a_disk_is_not_used, 0, "sectors empty"),
	EACH(what_cannot_be_a_disk_is_not_used, 1, "sectors no number"),
	EACH(what_cannot_be_a_disk_is_not_used, 2, "sectors negative"),
	EACH(what_cannot_be_a_disk_is_not_used, 3, "sectors beyond 64 bits of bytes"),
	EACH(what_cannot_be_a_disk_is_not_used, 4, "sectors missing"),
	EACH(what_cannot_be_a_disk_is_not_used, 5, "sector size 0"),
	EACH(what_cannot_be_a_disk_is_not_used, 6, "sector size 511"),
	EACH(what_cannot_be_a_disk_is_not_used, 7, "sector size 513"),
	EACH(what_cannot_be_a_disk_is_not_used, 8, "sector size 8192"),
	EACH(what_cannot_be_a_disk_is_not_used, 9, "sector size beyond 32 bits"),
	EACH(a_lie_costs_a_connection_and_no_request, 0, "producer leaps"),
	EACH(a_lie_costs_a_connection_and_no_request, 1, "producer goes back"),
	EACH(a_lie_costs_a_connection_and_no_request, 2, "producer passes the requests"),
	EACH(a_lie_costs_a_connection_and_no_request, 3, "id out of range"),
	EACH(a_lie_costs_a_connection_and_no_request, 4, "id off by a lap"),
	EACH(a_lie_costs_a_connection_and_no_request, 5, "id twice"),
	EACH(a_lie_costs_a_connection_and_no_request, 6, "id like a pointer"),
	EACH(a_lie_costs_a_connection_and_no_request, 7, "another operation"),
	cmocka_unit_test(a_storm_of_events_costs_time_only),
	cmocka_unit_test(data_is_copied_before_it_is_given_out),
	cmocka_unit_test(devices_have_their_usual_names),
};

UNIT_MAIN(tests)
