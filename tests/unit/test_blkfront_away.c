/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront/ when the back end restarts, is replaced, is taken away or put in again, and when the
 *       disk's size changes, with requests under way.
 * Why:  a program must not notice a restart, must notice a removal exactly once a request, and must
 *       never have its writes done in another order than it may expect.
 * How:  the fake blkback, restarted at every moment of the work of a program that knows what is on the
 *       disk.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define KIB 1024u

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[2 << 20];

static struct held boot(void **state)
{
	const struct held before = blkuser_boot_settled(user, *state);

	bb = user->bb;
	return before;
}

/* So many writes, none touching another; long ones in between, that are split. */
static void write_some(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const size_t len = i % 16 == 7 ? 8 * KIB : 512 + i % 3 * 512;

		memset(data + i * 16 * KIB, (int)(i + 1), 12 * KIB);
		(void)blkuser_ask(user, BLKFRONT_WRITE, i * 16 * KIB,
				  data + i * 16 * KIB + i % 2 * 50, len);
	}
}

static void assert_written(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const size_t len = i % 16 == 7 ? 8 * KIB : 512 + i % 3 * 512;

		assert_memory_equal(bb->disk + i * 16 * KIB, data + i * 16 * KIB + 100, len);
		assert_int_not_equal(bb->disk[i * 16 * KIB + len], i + 1);
	}
}

/* --- restarts --- */

static void a_restart_loses_no_request(void **state)
{
	const struct held before = boot(state);

	for (int round = 1; round <= 5; round++) {
		bb->hold = true;
		write_some(64);
		fake_kernel_run(TIME_MS);
		assert_int_equal(user->busy, 64);
		fake_backend_restart(&bb->backend);
		memset(bb->disk, 0xff, bb->disk_bytes);
		bb->hold = false;
		blkuser_wait(user);
		assert_int_equal(user->errors, 0);
		assert_written(64);
	}
	assert_true(blkuser_stats(user).retried > 0);
	assert_int_equal(blkuser_stats(user).connections, 7);
	assert_disk_settles(user, before);
}

/* What was answered is not asked again, what was not is asked once. */
static void each_request_is_done_exactly_once(void **state)
{
	(void)boot(state);
	for (unsigned answered = 0; answered < 30; answered += 7) {
		uint64_t sectors = 0;

		memset(bb->disk, 0xff, bb->disk_bytes);
		user->done = bb->seen_count = 0;
		bb->hold = true;
		write_some(30);
		fake_kernel_run(TIME_MS);
		bb->order = FAKE_ANY_ORDER;
		for (unsigned i = 0; i < answered; i++)
			fake_blkback_answer(bb, (i * 5) % bb->owed_count, BLKIF_RSP_OKAY);
		fake_kernel_run(TIME_MS);
		fake_backend_restart(&bb->backend);
		bb->seen_count = 0;
		bb->hold = false;
		blkuser_wait(user);
		assert_int_equal(user->done, 30);
		assert_int_equal(user->errors, 0);
		assert_written(30);
		for (size_t i = 0; i < bb->seen_count; i++) {
			sectors += bb->seen[i].sectors;
			for (size_t j = 0; j < i; j++)
				assert_true(bb->seen[i].sector != bb->seen[j].sector);
		}
		assert_true(sectors > 0);
	}
}

/* Answers that came and were not looked at yet count. */
static void answers_are_taken_before_the_restart_is_noticed(void **state)
{
	(void)boot(state);
	memset(bb->disk, 0xff, bb->disk_bytes);
	bb->hold = true;
	write_some(20);
	fake_kernel_run(TIME_MS);
	bb->hold = false;
	fake_blkback_release(bb);
	fake_backend_restart(&bb->backend);
	blkuser_wait(user);
	assert_int_equal(user->done, 20);
	assert_int_equal(user->errors, 0);
	assert_written(20);
}

/* The order of those that are asked again is that of their submission. */
static void the_order_of_writes_is_kept(void **state)
{
	uint64_t last = 0;

	(void)boot(state);
	bb->hold = true;
	/* More than a ring holds: some with the back end, some waiting. */
	for (unsigned i = 0; i < 300; i++)
		(void)blkuser_ask(user, BLKFRONT_WRITE, i * 1024, data + i * 4096, 512);
	fake_kernel_run(TIME_MS);
	fake_backend_restart(&bb->backend);
	bb->seen_count = 0;
	fake_kernel_run(TIME_S);
	for (unsigned i = 0; i < 300; i++) /* and some behind */
		(void)blkuser_ask(user, BLKFRONT_WRITE, (300 + i) * 1024, data + i * 4096, 512);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(user->done, 600);
	for (unsigned queue = 0; queue < bb->wish.queues; queue++, last = 0)
		for (size_t i = 0; i < bb->seen_count; i++) {
			if (bb->seen[i].queue != queue)
				continue;
			assert_true(bb->seen[i].sector >= last);
			last = bb->seen[i].sector;
		}
}

/* The new one offers less, or counts otherwise; the requests are the same. */
static void another_back_end_offers_other_things(void **state)
{
	const struct fake_blk_offer all = (boot(state), bb->offer);

	for (unsigned i = 0; i < 24; i++) {
		bb->hold = true;
		write_some(40);
		(void)blkuser_ask(user, BLKFRONT_READ, 700 * KIB, data + (1 << 20), 256 * KIB);
		fake_kernel_run(TIME_MS);
		bb->offer = all;
		if (i % 2)
			bb->offer.indirect = i % 4 == 1 ? 0 : 20;
		if (i % 3 == 1)
			bb->offer.persistent = false;
		if (i % 3 == 2)
			bb->offer.ring_order = -1;
		if (i % 5 == 1)
			bb->offer.queues = 0;
		if (i % 4 == 2)
			bb->offer.flush = bb->offer.barrier = bb->offer.discard = false;
		fake_blkback_offer(bb);
		memset(bb->disk, 0xff, 640 * KIB);
		fake_backend_restart(&bb->backend);
		bb->hold = false;
		blkuser_wait(user);
		assert_int_equal(user->errors, 0);
		assert_written(40);
		assert_memory_equal(data + (1 << 20), bb->disk + 700 * KIB, 256 * KIB);
	}
}

static void a_flush_is_asked_for_that_is_offered_no_more(void **state)
{
	struct blkuser_request *request[2];

	(void)boot(state);
	bb->hold = true;
	request[0] = blkuser_ask(user, BLKFRONT_FLUSH, 0, NULL, 0);
	request[1] = blkuser_ask(user, BLKFRONT_DISCARD, 0, NULL, 4096);
	fake_kernel_run(TIME_MS);
	bb->offer.flush = bb->offer.barrier = bb->offer.discard = false;
	fake_backend_restart(&bb->backend);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(request[0]->status, -EOPNOTSUPP);
	assert_int_equal(request[1]->status, -EOPNOTSUPP);
	assert_disk_works(user);
}

static void sectors_become_larger(void **state)
{
	struct blkuser_request *request[3];

	(void)boot(state);
	bb->hold = true;
	request[0] = blkuser_ask(user, BLKFRONT_WRITE, 512, data, 512);
	request[1] = blkuser_ask(user, BLKFRONT_READ, 8192, data + 8192, 8192);
	request[2] = blkuser_ask(user, BLKFRONT_READ, 16384, data + 32768 + 100, 512);
	fake_kernel_run(TIME_MS);
	bb->offer.sector_size = bb->offer.physical_sector_size = 4096;
	bb->offer.discard_granularity = 4096;
	fake_backend_restart(&bb->backend);
	bb->hold = false;
	blkuser_wait(user);
	/* What is no whole sector any more is not done, or done in another way. */
	assert_int_equal(request[0]->status, -EIO);
	assert_int_equal(request[1]->status, 0);
	assert_int_equal(request[2]->status, -EIO);
	assert_int_equal(blkuser_info(user).sector_size, 4096);
	assert_disk_works(user);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void a_replaced_back_end_is_survived(void **state)
{
	const struct held before = boot(state);

	bb->hold = true;
	write_some(40);
	fake_kernel_run(TIME_MS);
	fake_backend_replace(&bb->backend);
	bb->hold = false;
	fake_kernel_run(60 * TIME_S);
	assert_disk_reconnects(user);
	assert_int_equal(user->errors, 0);
	assert_disk_settles(user, before);
}

/* With nothing but 0xff on the disk before. */
static void leave_under_way(unsigned count)
{
	memset(bb->disk, 0xff, bb->disk_bytes);
	bb->hold = true;
	write_some(count);
	fake_kernel_run(TIME_MS);
}

static void assert_done_by_the_next(unsigned count)
{
	bb->hold = false;
	fake_kernel_run(30 * TIME_S);
	assert_int_equal(user->busy, 0);
	assert_int_equal(user->errors, 0);
	assert_written(count);
}

/* It says nothing but Connected, before and after, and only Xen knows that the rings are mapped no more. */
static void a_back_end_that_let_go_without_a_word(void **state)
{
	const struct held before = boot(state);

	for (int round = 0; round < 10; round++) {
		leave_under_way(30);
		fake_backend_hollow(&bb->backend);
		assert_done_by_the_next(30);
	}
	assert_int_equal(blkuser_stats(user).violations, 0);
	assert_disk_settles(user, before);
}

/*
 * It answers in another order than it was asked, and is bound again with some under way. On the old
 * ring answers lie where those were; it must not get at them.
 */
static void old_rings_are_never_mapped_again(void **state)
{
	const struct held before = boot(state);

	for (unsigned answered = 1; answered <= 15; answered += 2) {
		const unsigned refused = bb->backend.refused;

		leave_under_way(30);
		bb->order = FAKE_ANY_ORDER;
		for (unsigned i = 0; i < answered; i++)
			fake_blkback_answer(bb, (i * 5 + 3) % bb->owed_count, BLKIF_RSP_OKAY);
		fake_backend_replace(&bb->backend);
		assert_int_equal(bb->backend.refused, refused + 1);
		assert_done_by_the_next(30);
	}
	assert_int_equal(blkuser_stats(user).violations, 0);
	assert_disk_settles(user, before);
}

/* A restart after every number of steps that anything takes. */
static void a_restart_at_any_moment(void **state)
{
	const struct held before = boot(state);

	for (uint64_t after_ns = 100; after_ns < 50 * TIME_MS; after_ns += after_ns / 3) {
		memset(bb->disk, 0xff, bb->disk_bytes);
		bb->delay_ns = after_ns / 7;
		bb->order = FAKE_ANY_ORDER;
		write_some(50);
		fake_kernel_run(after_ns);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(after_ns);
		fake_backend_restart(&bb->backend);
		blkuser_wait(user);
		assert_int_equal(user->errors, 0);
		assert_written(50);
	}
	bb->delay_ns = 0;
	assert_disk_settles(user, before);
}

/* --- gone --- */

static void an_unplugged_disk_ends_each_request_once(void **state)
{
	(void)boot(state);
	bb->hold = true;
	write_some(64);
	for (unsigned i = 0; i < 500; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 2048, data + i * 4096, 512);
	(void)blkuser_ask(user, BLKFRONT_FLUSH, 0, NULL, 0);
	(void)blkuser_ask(user, BLKFRONT_DISCARD, 0, NULL, 4096);
	fake_kernel_run(TIME_MS);
	fake_backend_unplug(&bb->backend);
	blkuser_wait(user);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(user->done, 566);
	assert_int_equal(user->errors, 566);
	assert_int_equal(user->status, -EIO);
	assert_int_equal(user->removed, 1);
	assert_int_equal(blkfront_read(user->bf, 0, data, 512), -EIO);
	assert_int_equal(blkfront_write(user->bf, 0, data, 512), -EIO);
	assert_int_equal(blkfront_flush(user->bf), -EIO);
	assert_int_equal(held_now().grants, 0);
	blkfront_close(user->bf);
}

/* Who is told of an end submits again, of course. */
static void ask_again(struct blkuser_request *request)
{
	if (user->done < 5000)
		(void)blkuser_submit(request);
}

static void a_callback_submits_again(void **state)
{
	(void)boot(state);
	user->on_done = ask_again;
	write_some(30);
	fake_kernel_run(TIME_MS);
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_MS);
	fake_backend_unplug(&bb->backend);
	blkuser_wait(user);
	fake_kernel_run(60 * TIME_S);
	assert_int_equal(user->removed, 1);
	assert_int_equal(held_now().grants, 0);
}

static void a_disk_is_asked_out_and_plugged_in_again(void **state)
{
	struct fake_blkback *old;
	struct held before;

	(void)boot(state);
	before = held_now();
	for (int round = 0; round < 3; round++) {
		old = bb;
		write_some(20);
		blkuser_wait(user);
		fake_backend_ask_out(&old->backend);
		fake_kernel_run(TIME_S);
		fake_backend_unplug(&old->backend);
		fake_kernel_run(2 * TIME_S);
		assert_int_equal(user->removed, round + 1);
		blkfront_close(user->bf);
		fake_backend_plug(&old->backend);
		fake_kernel_run(5 * TIME_S);
		blkuser_open(user, 0);
		assert_disk_reconnects(user);
	}
	/* Nothing of the ones before is left. */
	(void)before;
	assert_int_equal(user->errors, 0);
}

/* --- its size --- */

static void the_disk_grows_and_shrinks(void **state)
{
	const struct held before = boot(state);
	const uint64_t all = bb->offer.sectors;

	assert_int_equal(user->resized, 0);
	fake_blkback_resize(bb, all / 2);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->resized, 1);
	assert_int_equal(user->sectors, all / 2);
	assert_int_equal(blkuser_info(user).sectors, all / 2);
	assert_int_equal(blkfront_read(user->bf, 512 * KIB, data, 1), -EINVAL);
	assert_int_equal(blkfront_read(user->bf, 512 * KIB - 1, data, 1), 0);
	fake_blkback_resize(bb, all);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->resized, 2);
	assert_int_equal(blkfront_read(user->bf, 1024 * KIB - 1, data, 1), 0);
	/* Told again, and the same: not news. */
	fake_blkback_resize(bb, all);
	fake_kernel_run(TIME_S);
	assert_int_equal(user->resized, 2);
	assert_int_equal(user->links_down, 1);
	assert_int_equal(blkuser_stats(user).resized, 2);
	assert_int_equal(bb->backend.connects, 2);
	assert_disk_settles(user, before);
}

/* What is with the back end is its business; what waits, and does not fit any more, is ours. */
static void the_disk_shrinks_with_requests_under_way(void **state)
{
	(void)boot(state);
	bb->hold = true;
	for (unsigned i = 0; i < 800; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 1024, data + i * 1024, 512);
	fake_kernel_run(TIME_MS);
	fake_blkback_resize(bb, 800);
	fake_kernel_run(TIME_S);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(user->done, 800);
	for (unsigned i = 0; i < 800; i++)
		assert_int_equal(user->request[i].status,
				 user->request[i].request.offset + 512 <= 800 * 512 ? 0 : -EIO);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void the_disk_shrinks_while_it_is_away(void **state)
{
	(void)boot(state);
	bb->hold = true;
	for (unsigned i = 0; i < 200; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 4096, data + i * 4096, 4096);
	fake_kernel_run(TIME_MS);
	bb->offer.sectors = 100;
	fake_backend_restart(&bb->backend);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(user->done, 200);
	assert_int_equal(user->errors, 200 - 100 * 512 / 4096);
	assert_int_equal(user->sectors, 100);
	assert_int_equal(blkuser_info(user).sectors, 100);
	assert_int_equal(blkfront_read(user->bf, 51200, data, 1), -EINVAL);
	assert_int_equal(blkfront_read(user->bf, 51199, data, 1), 0);
}

static const struct CMUnitTest tests[] = {
	BLKUSER_TESTS(a_restart_loses_no_request),
	BLKUSER_TESTS(each_request_is_done_exactly_once),
	BLKUSER_TESTS(answers_are_taken_before_the_restart_is_noticed),
	BLKUSER_TESTS(the_order_of_writes_is_kept),
	BLKUSER_TESTS(another_back_end_offers_other_things),
	BLKUSER_TESTS(a_flush_is_asked_for_that_is_offered_no_more),
	BLKUSER_TESTS(sectors_become_larger),
	BLKUSER_TESTS(a_replaced_back_end_is_survived),
	BLKUSER_TESTS(a_back_end_that_let_go_without_a_word),
	BLKUSER_TESTS(old_rings_are_never_mapped_again),
	BLKUSER_TESTS(a_restart_at_any_moment),
	BLKUSER_TESTS(an_unplugged_disk_ends_each_request_once),
	BLKUSER_TESTS(a_callback_submits_again),
	BLKUSER_TESTS(a_disk_is_asked_out_and_plugged_in_again),
	BLKUSER_TESTS(the_disk_grows_and_shrinks),
	BLKUSER_TESTS(the_disk_shrinks_with_requests_under_way),
	BLKUSER_TESTS(the_disk_shrinks_while_it_is_away),
};

UNIT_MAIN(tests)
