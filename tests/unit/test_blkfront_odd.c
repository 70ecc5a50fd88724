/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ under a back end that does nothing it must not, and nothing it should: answers in any
 *       order and late, with errors, with nothing read, not at all; keeps pages; sends events without
 *       end.
 * Why:  none of this may cost more than the requests that it concerns, and a read must never give the
 *       caller what somebody else wrote.
 * How:  the fake blkback's switches, on rings of every shape.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

#define KIB 1024u

static struct fake_blkuser user[2];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[4 << 20], was[1 << 20];

static struct held boot(void **state)
{
	const struct held before = blkuser_boot_settled(user, *state);

	bb = user->bb;
	return before;
}

/* Reads of the whole disk, in pieces of different lengths and shifts. */
static void read_all(void)
{
	memset(data, 0xcc, sizeof(data));
	for (size_t at = 0, i = 0; at < 1 << 20; i++) {
		const size_t len = i % 7 == 3 ? 40 * KIB : (i % 5 + 1) * 512;
		const size_t fits = len < (1 << 20) - at ? len : (1 << 20) - at;

		(void)blkuser_ask(user, BLKFRONT_READ, at, data + at + i % 3 * (1 << 20), fits);
		at += fits;
	}
}

static void assert_all_read(void)
{
	for (size_t at = 0, i = 0; at < 1 << 20; i++) {
		const size_t len = i % 7 == 3 ? 40 * KIB : (i % 5 + 1) * 512;
		const size_t fits = len < (1 << 20) - at ? len : (1 << 20) - at;

		assert_memory_equal(data + at + i % 3 * (1 << 20), bb->disk + at, fits);
		at += fits;
	}
	assert_int_equal(user->errors, 0);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void answers_in_any_order(void **state)
{
	const struct held before = boot(state);

	for (enum fake_blk_order order = FAKE_OLDEST_FIRST; order <= FAKE_ANY_ORDER; order++)
		for (unsigned batch = 0; batch < 4; batch++) {
			bb->order = order;
			bb->batch = batch;
			read_all();
			blkuser_wait(user);
			assert_all_read();
		}
	assert_disk_settles(user, before);
}

static void answers_come_late(void **state)
{
	const struct held before = boot(state);

	for (bb->delay_ns = TIME_US; bb->delay_ns < 10 * TIME_S; bb->delay_ns *= 100) {
		read_all();
		blkuser_wait(user);
		assert_all_read();
	}
	bb->delay_ns = 0;
	assert_disk_settles(user, before);
}

/* On another processor it answers while the guest takes what it has answered. */
static void answer_one_more(struct blkuser_request *request)
{
	(void)request;
	if (bb->owed_count > 0)
		fake_blkback_answer(bb, 0, BLKIF_RSP_OKAY);
}

static void answers_come_while_others_are_taken(void **state)
{
	const struct held before = boot(state);

	for (unsigned i = 0; i < 30; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 16384, data + i * 4096, 4096);
	bb->hold = true;
	fake_kernel_run(TIME_MS);
	assert_true(bb->owed_count > 20);
	user->on_done = answer_one_more;
	fake_blkback_answer(bb, 0, BLKIF_RSP_OKAY);
	fake_kernel_run(TIME_MS);
	assert_int_equal(user->done, 30);
	for (unsigned i = 0; i < 30; i++)
		assert_memory_equal(data + i * 4096, bb->disk + i * 16384, 4096);
	user->on_done = NULL;
	bb->hold = false;
	assert_disk_settles(user, before);
}

/* As blkif.h has it: "operation: copied from request". */
static void indirect_requests_are_answered_as_such(void **state)
{
	(void)boot(state);
	bb->literal = true;
	read_all();
	blkuser_wait(user);
	assert_all_read();
	(void)blkuser_do(user, BLKFRONT_WRITE, 4096, data, 200 * KIB);
	assert_true(bb->indirects > 1);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void errors_are_the_callers(void **state)
{
	static const int16_t statuses[] = {
		BLKIF_RSP_ERROR, BLKIF_RSP_EOPNOTSUPP, 1, 77, -77, INT16_MIN, INT16_MAX};
	const struct held before = boot(state);

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		const struct blkuser_request *request[4];

		bb->status = statuses[i];
		request[0] = blkuser_ask(user, BLKFRONT_READ, 0, data, 512);
		request[1] = blkuser_ask(user, BLKFRONT_WRITE, 8192, data + 4096, 4096);
		request[2] = blkuser_ask(user, BLKFRONT_READ, 32768, data + 8192, 300 * KIB);
		request[3] = blkuser_ask(user, BLKFRONT_WRITE, 512 * KIB, data + 100, 12 * KIB);
		blkuser_wait(user);
		for (size_t j = 0; j < ARRAY_SIZE(request); j++)
			assert_in_range(-request[j]->status, 1, 200);
		if (statuses[i] != BLKIF_RSP_EOPNOTSUPP)
			assert_int_equal(request[0]->status, -EIO);
	}
	bb->status = BLKIF_RSP_OKAY;
	assert_int_equal(blkuser_stats(user).violations, 0);
	assert_disk_settles(user, before);
}

/* Offered, and refused when it comes to it: the caller is told, and it is not tried again. */
static int16_t not_supported(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	(void)self;
	return owed->does == BLKIF_OP_FLUSH_DISKCACHE || owed->does == BLKIF_OP_WRITE_BARRIER ||
			       owed->does == BLKIF_OP_DISCARD
		       ? BLKIF_RSP_EOPNOTSUPP
		       : BLKIF_RSP_OKAY;
}

static void what_was_offered_turns_out_unknown(void **state)
{
	unsigned long tries;

	(void)boot(state);
	bb->judge = not_supported;
	assert_true(blkuser_info(user).flush && blkuser_info(user).discard);
	bb->hold = true;
	(void)blkuser_ask(user, BLKFRONT_READ, 0, data, 4096);
	bb->hold = false;
	/* A barrier may do for the flush, once. */
	assert_int_equal(blkfront_flush(user->bf), -EOPNOTSUPP);
	(void)blkfront_flush(user->bf);
	tries = bb->flushes + bb->barriers;
	assert_in_range(tries, 1, 2);
	assert_int_equal(blkfront_flush(user->bf), -EOPNOTSUPP);
	assert_int_equal(bb->flushes + bb->barriers, tries);
	assert_no_flush(user);
	assert_int_equal(blkfront_discard(user->bf, 0, 4096, false), -EOPNOTSUPP);
	assert_int_equal(blkfront_discard(user->bf, 0, 4096, false), -EOPNOTSUPP);
	assert_int_equal(bb->discards, 1);
	assert_false(blkuser_info(user).discard);
	assert_disk_works(user);
	assert_int_equal(blkuser_stats(user).violations, 0);
	/* Another back end may know it. */
	bb->judge = NULL;
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_disk_reconnects(user);
	assert_int_equal(blkfront_flush(user->bf), 0);
	assert_int_equal(blkfront_discard(user->bf, 0, 4096, false), 0);
}

/* A write with fua is refused half way: the write is done, the flush is not. */
static void a_write_with_fua_cannot_be_flushed(void **state)
{
	struct blkuser_request *request;

	(void)boot(state);
	bb->judge = not_supported;
	request = blkuser_request(user);
	request->request.op = BLKFRONT_WRITE;
	request->request.fua = true;
	request->request.data = data;
	request->request.len = 4096;
	assert_int_equal(blkuser_submit(request), 0);
	blkuser_wait(user);
	assert_int_equal(request->status, -EOPNOTSUPP);
}

/* Memory of all kinds has been used for something else before. */
static void memory_fill(const uint8_t *with, size_t len)
{
	static uint8_t *pages[16384];
	size_t count = 0;

	while ((pages[count] = page_alloc()) != NULL) {
		for (size_t at = 0; at + len <= PAGE_SIZE; at += len)
			memcpy(pages[count] + at, with, len);
		count++;
	}
	while (count > 0)
		page_free(pages[--count]);
}

/*
 * The back end says that it has read, and has not, or not all: the reader is told, and gets nothing
 * that this back end was not shown, be it the guest's own or another disk's.
 */
static void nothing_is_read(void **state)
{
	static const uint8_t secret[] = "somebody else's";

	blkuser_boot(user, 2, *state);
	bb = user->bb;
	for (size_t at = 0; at < 900 * KIB; at += sizeof(secret))
		memcpy(was + at, secret, sizeof(secret));
	(void)blkuser_do(&user[1], BLKFRONT_WRITE, 0, was + 1, 600 * KIB);
	fake_backend_unplug(&user[1].bb->backend);
	fake_kernel_run(5 * TIME_S);
	memory_fill(secret, sizeof(secret));
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_disk_reconnects(user);
	fake_console_clear();
	for (size_t len = 512; len < 200 * KIB; len += len / 2 / 512 * 512 + 512)
		for (size_t shift = 0; shift < 4096; shift += 512 + 77 * (shift / 512 % 2)) {
			const struct blkuser_request *request;

			memset(data, 0xcc, 256 * KIB);
			bb->lazy = 1 + bb->lazy % 9;
			request = blkuser_ask(user, BLKFRONT_READ, 600 * KIB, data + shift, len);
			blkuser_wait(user);
			assert_int_equal(request->status, -EIO);
			if (memmem(data, 256 * KIB, secret, sizeof(secret)))
				fail_msg("%zu bytes read at %zu", len, shift);
		}
	for (size_t len = 1; len < 9000; len += 77) {
		memset(data, 0xcc, 16 * KIB);
		assert_int_equal(blkfront_read(user->bf, 100 * KIB + 100, data, len), -EIO);
		assert_null(memmem(data, 16 * KIB, secret, sizeof(secret)));
	}
	/* Told once, and a disk for all that: it reads again when it does. */
	fake_kernel_run(TIME_MS);
	assert_int_equal(fake_console_lines_with("xvda"), 1);
	bb->lazy = 0;
	assert_disk_works(user);
}

/* What a read gave cannot change afterwards, or it was not given yet. */
static void pages_are_written_to_after_the_answer(void **state)
{
	const struct held before = boot(state);

	for (size_t shift = 0; shift <= 100; shift += 100) {
		struct blkuser_request *request;
		grant_ref_t ref[16];
		uint8_t *page[16];
		unsigned count;
		int status;

		bb->hold = true;
		request = blkuser_ask(user, BLKFRONT_READ, 64 * KIB, data + shift, 32 * KIB);
		fake_kernel_run(TIME_MS);
		count = bb->owed[0].segments < 16 ? bb->owed[0].segments : 16;
		for (unsigned i = 0; i < count; i++) {
			ref[i] = bb->owed[0].segment[i].ref;
			page[i] = fake_gnttab_map(FAKE_DOM0, ref[i], false, &status);
			assert_non_null(page[i]);
		}
		bb->hold = false;
		fake_kernel_run(TIME_MS);
		if (request->busy) {
			for (unsigned i = 0; i < count; i++)
				fake_gnttab_unmap(ref[i], false);
			blkuser_wait(user);
		} else {
			for (unsigned i = 0; i < count; i++) {
				memset(page[i], 0xee, 4096);
				fake_gnttab_unmap(ref[i], false);
			}
		}
		assert_int_equal(request->status, 0);
		assert_memory_equal(data + shift, bb->disk + 64 * KIB, 32 * KIB);
	}
	assert_disk_settles(user, before);
}

/* It answers, and keeps the pages: they are not the caller's before it lets go. */
static void pages_are_kept(void **state)
{
	const struct held before = boot(state);
	struct blkuser_request *request[2];

	for (int restart = 0; restart < 2; restart++) {
		bb->keep = true;
		request[0] = blkuser_ask(user, BLKFRONT_READ, 0, data, 64 * KIB);
		request[1] =
			blkuser_ask(user, BLKFRONT_WRITE, 512 * KIB, data + (1 << 20), 16 * KIB);
		fake_kernel_run(5 * TIME_S);
		if (blkuser_info(user).features.lend)
			assert_true(request[0]->busy && request[1]->busy);
		else
			assert_false(request[0]->busy || request[1]->busy);
		if (restart) {
			fake_backend_restart(&bb->backend);
			fake_kernel_run(5 * TIME_S);
			assert_true(fake_backend_connected(&bb->backend));
			if (blkuser_info(user).features.lend)
				assert_true(request[0]->busy);
		}
		bb->keep = false;
		fake_blkback_let_go(bb);
		blkuser_wait(user);
		assert_int_equal(user->errors, 0);
		assert_memory_equal(data, bb->disk, 64 * KIB);
		assert_memory_equal(data + (1 << 20), bb->disk + 512 * KIB, 16 * KIB);
		assert_int_equal(held_now().parked, 0);
	}
	assert_disk_settles(user, before);
}

static void a_storm_of_events_costs_time_only(void **state)
{
	const struct held before = boot(state);

	for (int i = 0; i < 10000; i++) {
		fake_blkback_notify(bb);
		fake_kernel_run(1);
	}
	assert_disk_works(user);
	assert_int_equal(blkuser_stats(user).violations, 0);
	assert_disk_settles(user, before);
}

static void any_index_is_asked_for(void **state)
{
	(void)boot(state);
	/* Its wishes for events are its own affair: at worst it is told too often, or too seldom. */
	for (uint32_t i = 0; i < 40; i++) {
		for (unsigned queue = 0; queue < bb->wish.queues; queue++)
			bb->queue[queue].sring->req_event = i * 0x9e3779b9u;
		read_all();
		fake_kernel_run(TIME_MS);
		for (unsigned queue = 0; queue < bb->wish.queues; queue++)
			bb->queue[queue].woken = true;
		blkuser_wait(user);
		assert_all_read();
	}
}

/* It takes requests and answers none: first the log says so, then they end. */
static void a_silent_back_end_is_not_waited_for_for_ever(void **state)
{
	const struct held before = boot(state);

	fake_console_clear();
	bb->hold = true;
	read_all();
	fake_kernel_run(15 * TIME_S);
	assert_int_equal(user->done, 0);
	assert_in_range(fake_console_lines_with("no answer"), 1, 2);
	fake_kernel_run(600 * TIME_S);
	assert_int_equal(user->busy, 0);
	assert_int_equal(user->errors, user->done);
	assert_int_equal(user->status, -EIO);
	bb->hold = false;
	fake_kernel_run(60 * TIME_S);
	assert_disk_works(user);
	assert_disk_settles(user, before);
}

static const struct CMUnitTest tests[] = {
	BLKUSER_TESTS(answers_in_any_order),
	BLKUSER_TESTS(answers_come_late),
	BLKUSER_TESTS(answers_come_while_others_are_taken),
	BLKUSER_TEST(indirect_requests_are_answered_as_such, LENT),
	BLKUSER_TEST(indirect_requests_are_answered_as_such, PERSISTENT),
	BLKUSER_TESTS(errors_are_the_callers),
	BLKUSER_TESTS(what_was_offered_turns_out_unknown),
	BLKUSER_TESTS(a_write_with_fua_cannot_be_flushed),
	BLKUSER_TESTS(nothing_is_read),
	BLKUSER_TESTS(pages_are_written_to_after_the_answer),
	BLKUSER_TESTS(pages_are_kept),
	BLKUSER_TESTS(a_storm_of_events_costs_time_only),
	BLKUSER_TESTS(any_index_is_asked_for),
	BLKUSER_TESTS(a_silent_back_end_is_not_waited_for_for_ever),
};

UNIT_MAIN(tests)
