/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: what becomes of requests on the ring: shown together, merged, taken from scatter lists; and
 *       what of the guest's memory the back end gets to see for them.
 * Why:  a merged request has several owners, each of which must get its own data, or the error; and a
 *       page is shown whole or not at all.
 * How:  the fake blkback counts requests, segments and notifications, compares pages with what they
 *       held, and looks for a secret in all that it is shown.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define KIB 1024u

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[1 << 20];

static void boot(const char *command_line)
{
	blkuser_boot(user, 1, command_line);
	bb = user->bb;
}

static void fill(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)unit_random();
}

static void requests_are_shown_together(void **state)
{
	unsigned long notified;

	(void)state;
	boot("lodger.blk-off=persistent lodger.blk-queues=1");
	notified = fake_blkback_notified(bb);
	for (unsigned i = 0; i < 20; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 16384, data + i * 4096, 4096);
	blkuser_wait(user);
	assert_int_equal(bb->seen_count, 20);
	assert_in_range(fake_blkback_notified(bb) - notified, 1, 2);
}

static void requests_that_touch_are_one(void **state)
{
	size_t seen;

	(void)state;
	boot("lodger.blk-off=persistent lodger.blk-queues=1");
	/* One is under way; the others wait for company. */
	for (unsigned i = 0; i < 64; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i * 4096, data + i * 8192, 4096);
	blkuser_wait(user);
	assert_in_range(bb->seen_count, 1, 2);
	assert_int_equal(bb->segments, 64);
	assert_in_range(blkuser_stats(user).merged, 62, 63);
	for (unsigned i = 0; i < 64; i++)
		assert_memory_equal(data + i * 8192, bb->disk + i * 4096, 4096);
	/* Not those of other kinds, not those that only overlap or come in another order. */
	seen = bb->seen_count;
	(void)blkuser_ask(user, BLKFRONT_READ, 512 * KIB, data, 4096);
	(void)blkuser_ask(user, BLKFRONT_WRITE, 516 * KIB, data + 4096, 4096);
	(void)blkuser_ask(user, BLKFRONT_READ, 520 * KIB, data + 8192, 4096);
	(void)blkuser_ask(user, BLKFRONT_READ, 520 * KIB, data + 12288, 4096);
	(void)blkuser_ask(user, BLKFRONT_READ, 525 * KIB, data + 16384, 4096);
	blkuser_wait(user);
	assert_int_equal(bb->seen_count - seen, 5);
	assert_memory_equal(bb->disk + 516 * KIB, data + 4096, 4096);
}

static void requests_are_merged_up_to_a_limit(void **state)
{
	(void)state;
	boot("lodger.blk-off=indirect,persistent lodger.blk-queues=1");
	for (unsigned i = 0; i < 60; i++)
		(void)blkuser_ask(user, BLKFRONT_WRITE, i * 4096, data + i * 4096, 4096);
	blkuser_wait(user);
	assert_true(bb->most_segments <= 11);
	assert_in_range(bb->seen_count, 6, 7);
	assert_memory_equal(bb->disk, data, 60 * 4096);
}

/* An error of one on the ring is one of all that are in it. */
static int16_t bad_sector(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	(void)self;
	return owed->sector <= 100 && owed->sector + owed->sectors > 100 ? BLKIF_RSP_ERROR
									 : BLKIF_RSP_OKAY;
}

static void an_error_reaches_all_whom_it_concerns(void **state)
{
	const struct blkuser_request *request[8];

	(void)state;
	boot("lodger.blk-off=persistent lodger.blk-queues=1");
	bb->judge = bad_sector;
	for (unsigned i = 0; i < ARRAY_SIZE(request); i++)
		request[i] = blkuser_ask(user, BLKFRONT_READ, i * 8192 + i % 2 * 4096,
					 data + i * 8192, 4096 + i / 4 * 4096);
	blkuser_wait(user);
	for (unsigned i = 0; i < ARRAY_SIZE(request); i++) {
		const uint64_t at = request[i]->request.offset;

		if (at <= 51200 && at + request[i]->request.len > 51200)
			assert_int_equal(request[i]->status, -EIO);
		else if (request[i]->status == 0)
			assert_memory_equal(data + i * 8192, bb->disk + at,
					    request[i]->request.len);
	}
	/* One bad sector in a long one that is split. */
	bb->judge = bad_sector;
	request[0] = blkuser_ask(user, BLKFRONT_WRITE, 0, data, sizeof(data));
	blkuser_wait(user);
	assert_int_equal(request[0]->status, -EIO);
	bb->judge = NULL;
	assert_disk_works(user);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

/* --- scatter lists --- */

static void scatter_lists(void **state)
{
	static uint8_t model[300 * KIB];

	boot(*state);
	for (int round = 0; round < 300; round++) {
		struct blkuser_request *request = blkuser_request(user);
		const bool write = unit_random() % 2;
		const unsigned pieces = 1 + unit_random() % BLKUSER_PIECES;
		const size_t at = unit_random() % 1000 * 512;
		size_t len = 0, from = 0;

		fill(data, 600 * KIB);
		for (unsigned i = 0; i < pieces; i++) {
			struct blkfront_piece *piece = &request->piece[i];

			piece->len = (1 + unit_random() % (unit_random() % 4 ? 4 : 20)) * 512;
			from += unit_random() % 3 ? (4096 - from % 4096) % 4096
						  : unit_random() % 3 * 256;
			piece->data = data + from;
			from += piece->len;
			len += piece->len;
		}
		request->request.op = write ? BLKFRONT_WRITE : BLKFRONT_READ;
		request->request.offset = at;
		request->request.len = len;
		request->request.piece = request->piece;
		request->request.pieces = pieces;
		assert_int_equal(blkuser_submit(request), 0);
		blkuser_wait(user);
		assert_int_equal(request->status, 0);
		for (unsigned i = 0, to = 0; i < pieces; to += (unsigned)request->piece[i++].len)
			memcpy(model + to, request->piece[i].data, request->piece[i].len);
		assert_memory_equal(bb->disk + at, model, len);
	}
}

static void scatter_lists_that_make_no_sense(void **state)
{
	static const struct {
		size_t len[3], total;
	} bad[] = {{{512, 512, 512}, 1024},   {{512, 512, 512}, 2048},
		   {{512, 0, 512}, 1024},     {{511, 513, 512}, 1536},
		   {{SIZE_MAX, 513, 0}, 512}, {{SIZE_MAX - 511, 1024, 512}, 1024}};

	(void)state;
	boot(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct blkuser_request *request = blkuser_request(user);

		for (unsigned j = 0; j < 3; j++)
			request->piece[j] = (struct blkfront_piece){data + j * 4096, bad[i].len[j]};
		request->request.piece = request->piece;
		request->request.pieces = 3;
		request->request.len = bad[i].total;
		assert_int_equal(blkuser_submit(request), -EINVAL);
	}
	fake_kernel_run(TIME_S);
	assert_int_equal(user->done, 0);
	assert_int_equal(bb->seen_count, 0);
}

/* A page is shown whole: what shares one with the data is none of the back end's business. */
static void the_back_end_sees_only_the_data(void **state)
{
	static const uint8_t secret[] = "none of your business";
	static const size_t starts[] = {0, 512, 3584, 100, 4095};

	boot(*state);
	bb->secret = secret;
	bb->secret_len = sizeof(secret);
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		for (size_t len = 512; len < 40 * KIB; len += 512) {
			for (size_t at = 0; at + sizeof(secret) < 60 * KIB; at += sizeof(secret))
				memcpy(data + at, secret, sizeof(secret));
			memset(data + starts[i] + 4096, 'x', len);
			blkuser_do(user, len % 1024 ? BLKFRONT_WRITE : BLKFRONT_READ, 0,
				   data + starts[i] + 4096, len);
		}
}

#define OPTION(function, line)                                                      \
	{                                                                           \
#function "/" line, function, NULL, NULL, (void *)(uintptr_t)(line) \
	}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requests_are_shown_together),
	cmocka_unit_test(requests_that_touch_are_one),
	cmocka_unit_test(requests_are_merged_up_to_a_limit),
	cmocka_unit_test(an_error_reaches_all_whom_it_concerns),
	OPTION(scatter_lists, "lodger.blk-off=persistent"),
	OPTION(scatter_lists, "lodger.blk-off=lend"),
	OPTION(scatter_lists, "lodger.blk-off=indirect,persistent,lend"),
	cmocka_unit_test(scatter_lists_that_make_no_sense),
	OPTION(the_back_end_sees_only_the_data, "lodger.blk-off=persistent"),
	OPTION(the_back_end_sees_only_the_data, "lodger.blk-off=lend"),
};

UNIT_MAIN(tests)
