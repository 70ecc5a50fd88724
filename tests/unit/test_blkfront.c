/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ over the bus: connecting, transfers of every kind, disks of every kind.
 * Why:  what a program reads and writes, wherever and however much, must be what is on the disk.
 * How:  a fake blkback on the real ring with a disk in memory; sectors of 512 and 4096 bytes,
 *       read-only disks and huge ones. Its features are in test_blkfront_features.c, what becomes of
 *       requests in _requests.c; restarts in _away.c, power cuts in _power.c; a back end that lies
 *       in _hostile.c (its rings) and _store.c, and one that is merely odd in _odd.c.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "blkfront/blkfront.h"
#include "blkfront/name.h"
#include "tests/unit/fake/blkback.h"
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

static void assert_reads(void)
{
	static uint8_t data[9000];
	const size_t at = unit_random() % (DISK_SIZE - sizeof(data));

	memset(data, 0xcc, sizeof(data));
	assert_int_equal(blkfront_read(bf, at, data, sizeof(data)), 0);
	assert_memory_equal(data, bb->disk + at, sizeof(data));
}

/* What it holds when as much has been under way as ever will be: pages stay granted. */
static struct held held_warm(void)
{
	static uint8_t data[DISK_SIZE];

	assert_int_equal(blkfront_read(bf, 0, data, sizeof(data)), 0);
	assert_memory_equal(data, bb->disk, sizeof(data));
	return held_now();
}

static void assert_held_warm(struct held before)
{
	held_warm();
	assert_held(before);
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
	before = held_warm();
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
	assert_held_warm(before);
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
	bb->offer.flush = bb->offer.barrier = false;
	assert_int_equal(blkfront_flush(bf), -EOPNOTSUPP);
	blkfront_info(bf, &info);
	assert_false(info.flush);
	assert_int_equal(blkfront_flush(bf), -EOPNOTSUPP);
	assert_int_equal(bb->flushes, 1);
	assert_int_equal(bb->barriers, 1);
	assert_reads();
}

static void a_barrier_takes_the_place_of_a_flush(void **state)
{
	(void)state;
	start();
	bb->offer.flush = false;
	assert_int_equal(blkfront_flush(bf), 0);
	assert_int_equal(blkfront_flush(bf), 0);
	assert_int_equal(bb->flushes, 1);
	assert_int_equal(bb->barriers, 2);
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

/* All of the disk's first part, none behind the one before it: they do not become one. */
static uint64_t offset_of(size_t request)
{
	return request * 37 % ARRAY_SIZE(requests) * 4096;
}

static void submit_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		requests[i] = (struct blkfront_request){.op = BLKFRONT_READ,
							.offset = offset_of(i),
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
		assert_memory_equal(buffers[i], bb->disk + offset_of(i), 4096);
}

static void many_requests_at_once(void **state)
{
	struct held before;

	(void)state;
	start();
	assert_reads();
	before = held_warm();
	bb->hold = true;
	submit_all();
	fake_kernel_run(TIME_MS);
	assert_true(bb->owed_count >= 8);
	assert_int_equal(done_count, 0);
	bb->hold = false;
	assert_all_read();
	assert_held_warm(before);
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_connects_and_tells_what_it_is),
	cmocka_unit_test(transfers_of_any_length_and_alignment),
	cmocka_unit_test(transfers_in_sectors_of_4096),
	cmocka_unit_test(the_end_of_the_disk),
	cmocka_unit_test(a_disk_of_3_tib),
	cmocka_unit_test(a_read_only_disk_is_only_read),
	cmocka_unit_test(flushes_reach_the_disk),
	cmocka_unit_test(a_flush_that_turns_out_unknown),
	cmocka_unit_test(a_barrier_takes_the_place_of_a_flush),
	cmocka_unit_test(many_requests_at_once),
	cmocka_unit_test(a_refused_request_is_never_done),
	cmocka_unit_test(two_disks_do_not_mix),
	cmocka_unit_test(devices_have_their_usual_names),
};

UNIT_MAIN(tests)
