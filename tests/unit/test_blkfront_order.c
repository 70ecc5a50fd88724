/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: flushes, writes with fua and discards of blkfront/: what goes to the back end for them, and
 *       when.
 * Why:  a flush that is asked for a moment too early covers nothing, and a discard of one sector too
 *       many is somebody's data.
 * How:  the fake blkback holds everything and is let go of one request after the other; discards of
 *       any range with any granularity and alignment, beside what they should be by hand.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[1 << 20];

static void boot(const char *command_line)
{
	if (!user->bb)
		user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	blkuser_boot(user, 1, command_line);
	bb = user->bb;
}

static struct blkuser_request *ask_fua(uint64_t offset, size_t len)
{
	struct blkuser_request *request = blkuser_request(user);

	request->request.op = BLKFRONT_WRITE;
	request->request.fua = true;
	request->request.offset = offset;
	request->request.data = data;
	request->request.len = len;
	assert_int_equal(blkuser_submit(request), 0);
	return request;
}

/* Is the back end asked for a flush? The place of it among what is owed, or -1. */
static int flush_owed(void)
{
	for (size_t i = 0; i < bb->owed_count; i++)
		if (fake_blk_flushes(&bb->owed[i]))
			return (int)i;
	return -1;
}

static void answer(size_t which)
{
	fake_blkback_answer(bb, which, BLKIF_RSP_OKAY);
	fake_kernel_run(TIME_MS);
}

/* --- fua and flushes --- */

static void a_write_with_fua_is_flushed_behind(void **state)
{
	struct blkuser_request *request;

	boot(*state);
	bb->hold = true;
	/* So long that it is several on the ring. */
	request = ask_fua(0, 700 << 10);
	fake_kernel_run(TIME_MS);
	while (bb->owed_count > 0 && flush_owed() < 0) {
		assert_true(request->busy);
		answer(bb->owed_count - 1);
	}
	/* All of it is done, and then comes the flush, and nothing else. */
	assert_int_equal(bb->sectors_written, 1400);
	assert_int_equal(bb->owed_count, 1);
	assert_int_equal(flush_owed(), 0);
	assert_true(request->busy);
	fake_kernel_run(TIME_S);
	assert_true(request->busy);
	answer(0);
	assert_false(request->busy);
	assert_int_equal(request->status, 0);
	assert_int_equal(platter_unflushed(bb->platter), 0);
	assert_int_equal(blkuser_stats(user).flushes, 1);
}

static void a_write_that_fails_is_not_flushed(void **state)
{
	struct blkuser_request *request;

	boot(*state);
	bb->hold = true;
	request = ask_fua(0, 4096);
	fake_kernel_run(TIME_MS);
	fake_blkback_answer(bb, 0, BLKIF_RSP_ERROR);
	fake_kernel_run(TIME_MS);
	assert_int_equal(request->status, -EIO);
	assert_int_equal(bb->owed_count, 0);
	/* And one whose flush fails is not done. */
	request = ask_fua(0, 4096);
	fake_kernel_run(TIME_MS);
	answer(0);
	assert_int_equal(flush_owed(), 0);
	fake_blkback_answer(bb, 0, BLKIF_RSP_ERROR);
	fake_kernel_run(TIME_MS);
	assert_int_equal(request->status, -EIO);
}

/* Its data was taken, and the back end goes with all its cache before it has flushed: it is written again. */
static void a_write_with_fua_survives_its_back_end(void **state)
{
	for (uint32_t seed = 0; seed < 40; seed++) {
		struct blkuser_request *request;

		if (seed == 0)
			boot(*state);
		memset(data, (int)seed + 1, 8192);
		bb->hold = true;
		request = ask_fua(65536, 8192);
		fake_kernel_run(TIME_MS);
		answer(0);
		assert_int_equal(flush_owed(), 0);
		fake_blkback_cut(bb, seed);
		bb->hold = false;
		blkuser_wait(user);
		assert_int_equal(request->status, 0);
		platter_cut(bb->platter, seed);
		assert_memory_equal(bb->disk + 65536, data, 8192);
		assert_disk_reconnects(user);
	}
}

/* Who comes while a flush is under way cannot share it: it may have been done already. */
static void a_flush_is_not_shared_once_it_is_out(void **state)
{
	struct blkuser_request *first, *second[5];

	boot(*state);
	bb->hold = true;
	first = blkuser_ask(user, BLKFRONT_FLUSH, 0, NULL, 0);
	fake_kernel_run(TIME_MS);
	assert_int_equal(bb->owed_count, 1);
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		second[i] = blkuser_ask(user, BLKFRONT_FLUSH, 0, NULL, 0);
	fake_kernel_run(TIME_MS);
	answer(0);
	assert_false(first->busy);
	for (size_t i = 0; i < ARRAY_SIZE(second); i++)
		assert_true(second[i]->busy);
	/* They share the next. */
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(bb->flushes, 2);
	assert_int_equal(user->errors, 0);
}

/* It covers what was done when it came, which a write that is done meanwhile was not. */
static void a_flush_comes_after_what_was_done_before_it(void **state)
{
	struct blkuser_request *flush, *late;

	boot(*state);
	(void)blkuser_do(user, BLKFRONT_WRITE, 0, data, 4096);
	bb->hold = true;
	late = blkuser_ask(user, BLKFRONT_WRITE, 65536, data, 4096);
	flush = blkuser_ask(user, BLKFRONT_FLUSH, 0, NULL, 0);
	fake_kernel_run(TIME_MS);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(flush->status | late->status, 0);
	assert_true(platter_unflushed(bb->platter) <= 1);
}

static void nothing_is_flushed_that_cannot_be(void **state)
{
	(void)state;
	user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	user->bb->offer.flush = user->bb->offer.barrier = false;
	boot(NULL);
	assert_int_equal(blkfront_flush(user->bf), -EOPNOTSUPP);
	assert_no_flush(user);
	assert_disk_works(user);
}

/* --- discards --- */

static const struct {
	uint32_t granularity, alignment; /* bytes */
	uint64_t from, count;		 /* sectors asked for */
	uint64_t sector, sectors;	 /* … and discarded; none: not asked of the back end */
} discards[] = {
	{512, 0, 0, 1, 0, 1},		{512, 0, 7, 100, 7, 100},
	{4096, 0, 0, 8, 0, 8},		{4096, 0, 1, 8, 0, 0},
	{4096, 0, 1, 15, 8, 8},		{4096, 0, 1, 7, 0, 0},
	{4096, 0, 7, 9, 8, 8},		{4096, 0, 8, 15, 8, 8},
	{4096, 512, 0, 16, 1, 8},	{4096, 512, 1, 8, 1, 8},
	{4096, 3584, 0, 7, 0, 0},	{4096, 3584, 0, 15, 7, 8},
	{4096, 3584, 2, 2046, 7, 2040}, {65536, 0, 0, 2048, 0, 2048},
	{65536, 0, 1, 2047, 128, 1920}, {65536, 1024, 0, 2048, 2, 1920},
	{65536, 65024, 0, 127, 0, 0},	{1536, 0, 0, 2048, 0, 2046}, /* three sectors */
	{1536, 512, 0, 8, 1, 6},	{2 << 20, 0, 0, 2048, 0, 0}, /* larger than the disk */
};

static void whole_granules_are_discarded(void **state)
{
	(void)state;
	boot(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(discards); i++) {
		const bool any = discards[i].sectors > 0;
		const struct fake_blk_seen *seen;

		bb->offer.discard_granularity = discards[i].granularity;
		bb->offer.discard_alignment = discards[i].alignment;
		fake_backend_restart(&bb->backend);
		fake_kernel_run(TIME_S);
		assert_disk_reconnects(user);
		assert_int_equal(blkuser_info(user).discard_granularity, discards[i].granularity);
		assert_int_equal(blkuser_info(user).discard_alignment, discards[i].alignment);
		memset(bb->disk, 0xff, bb->disk_bytes);
		bb->seen_count = 0;
		assert_int_equal(blkfront_discard(user->bf, discards[i].from * 512,
						  discards[i].count * 512, false),
				 0);
		assert_int_equal(bb->seen_count, any);
		seen = &bb->seen[0];
		if (any &&
		    (seen->sector != discards[i].sector || seen->sectors != discards[i].sectors))
			fail_msg("case %zu: %llu+%llu", i, (unsigned long long)seen->sector,
				 (unsigned long long)seen->sectors);
		for (size_t at = 0; at < 2048; at++)
			assert_int_equal(bb->disk[at * 512],
					 at - discards[i].sector < discards[i].sectors ? 0 : 0xff);
		/* Of a secure one nothing may be left over. */
		assert_int_equal(blkfront_discard(user->bf, discards[i].from * 512,
						  discards[i].count * 512, true),
				 any && discards[i].sectors == discards[i].count ? 0 : -EINVAL);
	}
	assert_true(bb->secure_discards > 3);
}

static void discards_that_cannot_be(void **state)
{
	(void)state;
	user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	user->bb->offer.discard_secure = false;
	boot(NULL);
	assert_true(blkuser_info(user).discard);
	assert_false(blkuser_info(user).discard_secure);
	assert_int_equal(blkfront_discard(user->bf, 0, 4096, true), -EOPNOTSUPP);
	assert_int_equal(blkfront_discard(user->bf, 1, 4096, false), -EINVAL);
	assert_int_equal(blkfront_discard(user->bf, 0, 4097, false), -EINVAL);
	assert_int_equal(blkfront_discard(user->bf, 0, (1 << 20) + 512, false), -EINVAL);
	assert_int_equal(blkfront_discard(user->bf, UINT64_MAX - 511, 1024, false), -EINVAL);
	assert_int_equal(bb->discards, 0);
	/* Longer than any write may be. */
	bb->offer.sectors = 1ull << 32;
	fake_blkback_resize(bb, 1ull << 32);
	fake_kernel_run(TIME_S);
	assert_int_equal(blkfront_discard(user->bf, 0, 1ull << 40, false), 0);
	assert_true(bb->seen[bb->seen_count - 1].sectors == 1ull << 31);
	bb->offer.info = VDISK_READONLY;
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_int_equal(blkfront_discard(user->bf, 0, 4096, false), -EROFS);
}

static void sectors_of_4096_bytes(void **state)
{
	user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	user->bb->offer.sector_size = user->bb->offer.physical_sector_size = 4096;
	user->bb->offer.discard_granularity = 4096;
	boot(*state);
	assert_int_equal(blkuser_info(user).sector_size, 4096);
	assert_int_equal(blkuser_info(user).sectors, 256);
	for (unsigned i = 0; i < 40; i++)
		(void)blkuser_ask(user, i % 2 ? BLKFRONT_READ : BLKFRONT_WRITE, i * 16384,
				  data + i * 16384 + i % 5 * 512, 4096 + i % 3 * 4096);
	blkuser_wait(user);
	assert_int_equal(user->errors, 0);
	for (unsigned i = 0; i < 40; i++)
		assert_memory_equal(bb->disk + i * 16384, data + i * 16384 + i % 5 * 512,
				    4096 + i % 3 * 4096);
	assert_int_equal(blkfront_discard(user->bf, 0, 512, false), -EINVAL);
	assert_int_equal(blkfront_discard(user->bf, 4096, 8192, false), 0);
	assert_disk_works(user);
}

/* One of 512 that writes 4096 at once says so, and takes what it is given. */
static void physical_sectors_are_told(void **state)
{
	(void)state;
	user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	user->bb->offer.physical_sector_size = 4096;
	user->bb->offer.info = VDISK_REMOVABLE | VDISK_CDROM;
	boot(NULL);
	assert_int_equal(blkuser_info(user).sector_size, 512);
	assert_int_equal(blkuser_info(user).physical_sector_size, 4096);
	assert_true(blkuser_info(user).removable);
	assert_false(blkuser_info(user).readonly);
	assert_disk_works(user);
}

static const struct CMUnitTest tests[] = {
	BLKUSER_TESTS(a_write_with_fua_is_flushed_behind),
	BLKUSER_TESTS(a_write_that_fails_is_not_flushed),
	BLKUSER_TESTS(a_write_with_fua_survives_its_back_end),
	BLKUSER_TESTS(a_flush_is_not_shared_once_it_is_out),
	BLKUSER_TESTS(a_flush_comes_after_what_was_done_before_it),
	cmocka_unit_test(nothing_is_flushed_that_cannot_be),
	cmocka_unit_test(whole_granules_are_discarded),
	cmocka_unit_test(discards_that_cannot_be),
	BLKUSER_TESTS(sectors_of_4096_bytes),
	cmocka_unit_test(physical_sectors_are_told),
};

UNIT_MAIN(tests)
