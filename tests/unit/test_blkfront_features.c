/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: each feature of xen/io/blkif.h: offered, not offered, and switched off.
 * Why:  back ends differ in what they offer; what was not agreed upon must not be used, and what was
 *       should be, or it is slow for nothing.
 * How:  the fake blkback, which takes a request that it did not offer for a violation and counts what
 *       comes: requests, segments, pages mapped, notifications. Data is compared every time.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define KIB 1024u
#define MIB (1024u * KIB)

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static _Alignas(4096) uint8_t data[17 * MIB];

static void boot(const char *command_line)
{
	blkuser_boot(user, 1, command_line);
	bb = user->bb;
}

static void boot_with(struct fake_blk_offer offer, const char *command_line)
{
	user->bb = fake_blkback_make(BLKUSER_NUMBER(0));
	user->bb->offer = offer;
	boot(command_line);
}

static struct fake_blk_offer everything(void)
{
	return fake_blkback_make(0)->offer;
}

static struct blkfront_features features(void)
{
	return blkuser_info(user).features;
}

static void fill(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)unit_random();
}

/* Both sides agree on what there is, and every kind of request works. */
static void assert_all(void)
{
	const struct blkfront_info info = blkuser_info(user);
	static uint8_t copy[300 * KIB];

	assert_int_equal(bb->wish.persistent, info.features.persistent);
	assert_int_equal(1u << bb->wish.order, info.features.ring_pages);
	assert_int_equal(bb->wish.queues, info.features.queues);
	assert_int_equal(info.features.multipage, info.features.ring_pages > 1);
	assert_disk_works(user);
	for (size_t len = 512; len <= sizeof(copy); len = len * 2 + 1536)
		for (size_t shift = 0; shift < 4096; shift += 512 + 3 * shift) {
			memcpy(copy, bb->disk + 4096, sizeof(copy));
			fill(data + shift, len);
			blkuser_do(user, BLKFRONT_WRITE, 4096, data + shift, len);
			assert_memory_equal(bb->disk + 4096, data + shift, len);
			memset(data, 0xcc, len + shift + 1);
			blkuser_do(user, BLKFRONT_READ, 4096, data + shift, len);
			assert_memory_equal(bb->disk + 4096, data + shift, len);
			assert_int_equal(data[shift + len], 0xcc);
			assert_memory_equal(bb->disk + 4096 + len, copy + len, sizeof(copy) - len);
		}
	assert_int_equal(blkfront_flush(user->bf), info.flush ? 0 : -EOPNOTSUPP);
	assert_int_equal(blkfront_discard(user->bf, 4096, 8192, false),
			 info.discard ? 0 : -EOPNOTSUPP);
	assert_int_equal(blkfront_discard(user->bf, 4096, 8192, true),
			 info.discard_secure ? 0 : -EOPNOTSUPP);
	assert_int_equal(blkuser_stats(user).violations, 0);
	assert_int_equal(blkuser_stats(user).errors, 0);
	assert_int_equal(blkuser_stats(user).connections, bb->backend.connects);
}

/* --- each switch --- */

/* What a configuration without it has: nothing of it. */
static bool feature_is(const char *name)
{
	const struct blkfront_features has = features();
	const struct blkfront_info info = blkuser_info(user);

	if (strcmp(name, "flush") == 0)
		return has.flush;
	if (strcmp(name, "barrier") == 0)
		return has.barrier;
	if (strcmp(name, "discard") == 0)
		return has.discard || info.discard;
	if (strcmp(name, "discard-secure") == 0)
		return has.discard_secure || info.discard_secure;
	if (strcmp(name, "indirect") == 0)
		return has.indirect || has.segments > 11;
	if (strcmp(name, "persistent") == 0)
		return has.persistent;
	if (strcmp(name, "multipage") == 0)
		return has.multipage;
	if (strcmp(name, "queues") == 0)
		return has.queues > 1;
	return has.lend;
}

#define MORE "lodger.blk-queues=2 lodger.blk-ring-pages=4"

static const char *const names[] = {"flush",	      "barrier",  "discard",
				    "discard-secure", "indirect", "persistent",
				    "multipage",      "queues",	  "lend"};

static void not_offer(struct fake_blk_offer *offer, const char *name)
{
	if (strcmp(name, "flush") == 0)
		offer->flush = false;
	else if (strcmp(name, "barrier") == 0)
		offer->barrier = false;
	else if (strcmp(name, "discard") == 0)
		offer->discard = false;
	else if (strcmp(name, "discard-secure") == 0)
		offer->discard_secure = false;
	else if (strcmp(name, "indirect") == 0)
		offer->indirect = 0;
	else if (strcmp(name, "persistent") == 0)
		offer->persistent = false;
	else if (strcmp(name, "multipage") == 0)
		offer->ring_order = -1;
	else if (strcmp(name, "queues") == 0)
		offer->queues = 0;
}

static void all_that_is_offered_is_used(void **state)
{
	(void)state;
	boot(MORE);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], "lend") != 0 && strcmp(names[i], "persistent") != 0 &&
		    strcmp(names[i], "barrier") != 0 && !feature_is(names[i]))
			fail_msg("%s is not used", names[i]);
	/* One or the other: what is kept mapped cannot be lent. */
	assert_true(features().lend != features().persistent);
	assert_all();
}

static void a_feature_that_is_not_offered(void **state)
{
	const char *name = *state;
	struct fake_blk_offer offer = everything();

	not_offer(&offer, name);
	boot_with(offer, MORE);
	assert_false(feature_is(name));
	assert_all();
}

static void a_feature_that_is_switched_off(void **state)
{
	const char *name = *state;
	char option[80];

	snprintf(option, sizeof(option), MORE " lodger.blk-off=%s", name);
	boot(option);
	assert_false(feature_is(name));
	assert_all();
}

static void nothing_is_offered(void **state)
{
	struct fake_blk_offer offer = everything();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		not_offer(&offer, names[i]);
	offer.discard_granularity = offer.physical_sector_size = 0;
	boot_with(offer, NULL);
	for (size_t i = 0; i + 1 < ARRAY_SIZE(names); i++)
		assert_false(feature_is(names[i]));
	assert_int_equal(features().segments, 11);
	assert_int_equal(blkuser_info(user).physical_sector_size, 512);
	assert_all();
}

static void everything_is_switched_off(void **state)
{
	(void)state;
	boot(MORE " lodger.blk-off=flush,barrier,discard,indirect,persistent,lend,multipage");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], "queues") != 0)
			assert_false(feature_is(names[i]));
	assert_all();
}

static void every_combination_works(void **state)
{
	(void)state;
	boot(MORE);
	for (unsigned bits = 0; bits < 64; bits++) {
		bb->offer.flush = bits & 1;
		bb->offer.barrier = bits & 1;
		bb->offer.discard = bits & 2;
		bb->offer.indirect = bits & 4 ? 16 + bits : 0;
		bb->offer.persistent = bits & 8;
		bb->offer.ring_order = bits & 16 ? 2 : -1;
		bb->offer.queues = bits & 32 ? 2 : 0;
		fake_blkback_offer(bb);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(2 * TIME_S);
		assert_disk_reconnects(user);
		assert_int_equal(features().indirect, (bits & 4) != 0);
		assert_int_equal(features().discard, (bits & 2) != 0);
		assert_int_equal(features().queues, bits & 32 ? 2 : 1);
		assert_int_equal(features().ring_pages, bits & 16 ? 4 : 1);
		assert_all();
		bb->seen_count = 0;
	}
}

/* --- what each saves --- */

static void indirect_requests_are_large(void **state)
{
	(void)state;
	boot("lodger.blk-off=persistent");
	assert_int_equal(features().segments, 256);
	assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, MIB), 1);
	assert_int_equal(bb->most_segments, 256);
	assert_int_equal(bb->indirects, 1);
	assert_memory_equal(data, bb->disk, MIB);
	/* 44 KiB need none. */
	assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, 44 * KIB), 1);
	assert_int_equal(bb->indirects, 1);
	assert_int_equal(blkuser_do(user, BLKFRONT_WRITE, 0, data, 48 * KIB), 1);
	assert_int_equal(bb->indirects, 2);
}

static void without_them_long_requests_are_split(void **state)
{
	(void)state;
	boot("lodger.blk-off=indirect");
	assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, MIB), (256 + 10) / 11);
	assert_int_equal(bb->most_segments, 11);
	assert_int_equal(bb->segments, 256);
	assert_memory_equal(data, bb->disk, MIB);
	assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, 44 * KIB), 1);
	assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, 45 * KIB), 2);
}

/* Linux offers 256; others may offer anything. */
static void the_back_end_says_how_many_segments(void **state)
{
	static const unsigned limits[] = {12, 13, 32, 100, 511, 512, 513, 4096};

	(void)state;
	boot("lodger.blk-off=persistent");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		bb->offer.indirect = limits[i];
		fake_blkback_offer(bb);
		fake_backend_restart(&bb->backend);
		fake_kernel_run(2 * TIME_S);
		assert_disk_reconnects(user);
		assert_in_range(features().segments, 12, limits[i]);
		assert_int_equal(blkuser_do(user, BLKFRONT_READ, 0, data, MIB),
				 (256 + features().segments - 1) / features().segments);
		assert_memory_equal(data, bb->disk, MIB);
	}
}

static void the_longest_request(void **state)
{
	struct fake_blk_offer offer = everything();

	(void)state;
	offer.sectors = 40 * 2048;
	boot_with(offer, "lodger.blk-off=persistent");
	assert_in_range(blkuser_do(user, BLKFRONT_READ, 4096, data, BLKFRONT_REQUEST_MAX), 16, 18);
	assert_memory_equal(data, bb->disk + 4096, bb->disk_bytes - 4096);
	/* A sector's shift in memory is a segment more. */
	assert_in_range(blkuser_do(user, BLKFRONT_WRITE, 0, data + 512, BLKFRONT_REQUEST_MAX), 16,
			17);
	assert_int_equal(bb->disk[0], data[512]);
}

static void pages_are_lent_as_they_lie(void **state)
{
	struct blkfront_stats before;

	(void)state;
	boot("lodger.blk-off=persistent");
	assert_true(features().lend);
	before = blkuser_stats(user);
	bb->writable = 0;
	blkuser_do(user, BLKFRONT_WRITE, 0, data, 64 * KIB);
	blkuser_do(user, BLKFRONT_READ, 0, data, 64 * KIB);
	assert_int_equal(blkuser_stats(user).lent - before.lent, 32);
	assert_int_equal(blkuser_stats(user).bounced, before.bounced);
	/* What is only written cannot be changed by the back end. */
	assert_int_equal(bb->writable, 0);
	/* The ends of what begins within a page are copied. */
	blkuser_do(user, BLKFRONT_READ, 0, data + 1024, 64 * KIB);
	assert_int_equal(blkuser_stats(user).lent - before.lent, 32 + 15);
	assert_int_equal(blkuser_stats(user).bounced - before.bounced, 2);
	/* What is not on a sector's boundary in memory is all copied. */
	blkuser_do(user, BLKFRONT_READ, 0, data + 100, 64 * KIB);
	assert_int_equal(blkuser_stats(user).lent - before.lent, 32 + 15);
	assert_memory_equal(data + 100, bb->disk, 64 * KIB);
}

static void nothing_is_lent_when_that_is_switched_off(void **state)
{
	(void)state;
	boot("lodger.blk-off=persistent,lend");
	blkuser_do(user, BLKFRONT_WRITE, 0, data, 64 * KIB);
	blkuser_do(user, BLKFRONT_READ, 0, data, 64 * KIB);
	assert_int_equal(blkuser_stats(user).lent, 0);
	assert_true(blkuser_stats(user).bounced >= 32);
}

/* The same pages again and again: after the first time nothing is mapped. */
static void persistent_grants_are_mapped_once(void **state)
{
	unsigned long maps;

	(void)state;
	boot("lodger.blk-off=lend");
	assert_true(features().persistent);
	blkuser_do(user, BLKFRONT_READ, 0, data, 512 * KIB);
	maps = bb->maps;
	for (int i = 0; i < 50; i++) {
		blkuser_do(user, BLKFRONT_WRITE, 0, data, 512 * KIB);
		blkuser_do(user, BLKFRONT_READ, 0, data, 256 * KIB);
	}
	assert_int_equal(bb->maps, maps);
	/* The back end may let go of some at any time. */
	fake_blkback_purge(bb);
	blkuser_do(user, BLKFRONT_READ, 0, data, 256 * KIB);
	assert_memory_equal(data, bb->disk, 256 * KIB);
	/* And may want to keep fewer than there are. */
	bb->persistent_max = 10;
	fake_backend_restart(&bb->backend);
	fake_kernel_run(TIME_S);
	assert_disk_reconnects(user);
	blkuser_do(user, BLKFRONT_READ, 0, data, 512 * KIB);
	assert_memory_equal(data, bb->disk, 512 * KIB);
}

static void rings_hold_as_many_as_their_pages(void **state)
{
	static const char *const lines[] = {
		"lodger.blk-off=persistent,multipage lodger.blk-queues=1",
		"lodger.blk-off=persistent lodger.blk-ring-pages=2 lodger.blk-queues=1",
		"lodger.blk-off=persistent lodger.blk-ring-pages=4 lodger.blk-queues=1",
		"lodger.blk-off=persistent lodger.blk-ring-pages=4 lodger.blk-queues=2",
		"lodger.blk-off=persistent lodger.blk-ring-pages=16 lodger.blk-queues=1",
	};
	static const unsigned slots[] = {32, 64, 128, 256, 512};
	const size_t which = *(const size_t *)*state;

	boot(lines[which]);
	assert_int_equal(features().ring_pages * features().queues * 32, slots[which]);
	bb->hold = true;
	/* Far apart, so that none goes with another. */
	for (unsigned i = 0; i < 700; i++)
		(void)blkuser_ask(user, BLKFRONT_READ, i % 120 * 8192, data + i * 4096, 4096);
	fake_kernel_run(TIME_MS);
	assert_int_equal(bb->owed_count, slots[which]);
	assert_true(blkuser_stats(user).queued > 0);
	bb->hold = false;
	blkuser_wait(user);
	assert_int_equal(user->errors, 0);
	for (unsigned i = 0; i < 700; i++)
		assert_memory_equal(data + i * 4096, bb->disk + i % 120 * 8192, 4096);
	if (bb->wish.queues > 1)
		for (unsigned queue = 0; queue < 2; queue++) {
			size_t on = 0;

			for (size_t i = 0; i < bb->seen_count; i++)
				on += bb->seen[i].queue == queue;
			assert_true(on > 100);
		}
}

#define EACH(function, argument, name)                                                  \
	{                                                                               \
#function "/" name, function, NULL, NULL, (void *)(uintptr_t)(argument) \
	}

static const size_t numbers[] = {0, 1, 2, 3, 4};

int main(int argc, char **argv)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(all_that_is_offered_is_used),
		cmocka_unit_test(nothing_is_offered),
		cmocka_unit_test(everything_is_switched_off),
		cmocka_unit_test(every_combination_works),
		cmocka_unit_test(indirect_requests_are_large),
		cmocka_unit_test(without_them_long_requests_are_split),
		cmocka_unit_test(the_back_end_says_how_many_segments),
		cmocka_unit_test(the_longest_request),
		cmocka_unit_test(pages_are_lent_as_they_lie),
		cmocka_unit_test(nothing_is_lent_when_that_is_switched_off),
		cmocka_unit_test(persistent_grants_are_mapped_once),
		EACH(rings_hold_as_many_as_their_pages, &numbers[0], "one page"),
		EACH(rings_hold_as_many_as_their_pages, &numbers[1], "two pages"),
		EACH(rings_hold_as_many_as_their_pages, &numbers[2], "four pages"),
		EACH(rings_hold_as_many_as_their_pages, &numbers[3], "four pages twice"),
		EACH(rings_hold_as_many_as_their_pages, &numbers[4], "sixteen pages"),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(fixed) + 2 * ARRAY_SIZE(names)];
	static char titles[2 * ARRAY_SIZE(names)][64];
	size_t count = ARRAY_SIZE(fixed);

	memcpy(tests, fixed, sizeof(fixed));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		void *name = (void *)(uintptr_t)names[i];

		/* Nobody offers to be lent something; queues have no name to be switched off by. */
		if (strcmp(names[i], "lend") != 0) {
			snprintf(titles[2 * i], sizeof(titles[0]), "not_offered/%s", names[i]);
			tests[count++] = (struct CMUnitTest){
				titles[2 * i], a_feature_that_is_not_offered, NULL, NULL, name};
		}
		if (strcmp(names[i], "queues") != 0) {
			snprintf(titles[2 * i + 1], sizeof(titles[0]), "switched_off/%s", names[i]);
			tests[count++] = (struct CMUnitTest){titles[2 * i + 1],
							     a_feature_that_is_switched_off, NULL,
							     NULL, name};
		}
	}
	return unit_main(argc, argv, tests, count);
}
