/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/time.c, the clocks from Xen's shared page.
 * Why:  all deadlines hang on it, and Xen rewrites the page whenever it likes.
 * How:  scales of every kind against arithmetic in 128 bits; the page rewritten between two looks,
 *       as a hypervisor on another processor does; a pause of hours.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

static struct vcpu_time_info *page(void)
{
	return &fake_shared_info()->vcpu_info[0].time;
}

static void it_follows_the_counter(void **state)
{
	uint64_t before;

	(void)state;
	fake_kernel_start(NULL);
	before = time_monotonic_ns();
	fake_clock_advance(123456789);
	assert_in_range(time_monotonic_ns() - before, 123456789, 123456789 + 100);
}

static void any_scale(void **state)
{
	static const struct {
		int8_t shift;
		uint32_t multiplier;
	} scales[] = {
		{0, 0x80000000u}, {1, 0x80000000u}, {-1, 0xffffffffu},	{-3, 0x12345678u},
		{7, 1u},	  {0, 0xaaaaaaabu}, {-31, 0xffffffffu},
	};

	(void)state;
	fake_kernel_start(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++)
		for (uint64_t ticks = 1; ticks < (uint64_t)1 << 55; ticks *= 7) {
			const unsigned __int128 shifted = scales[i].shift >= 0
								  ? ticks << scales[i].shift
								  : ticks >> -scales[i].shift;

			page()->tsc_timestamp = 1000;
			page()->system_time = 5000;
			page()->tsc_shift = scales[i].shift;
			page()->tsc_to_system_mul = scales[i].multiplier;
			assert_true(time_of_tsc(1000 + ticks) ==
				    5000 + (uint64_t)(shifted * scales[i].multiplier >> 32));
		}
}

static void a_moment_before_the_mark_lies_before_it(void **state)
{
	(void)state;
	fake_kernel_start(NULL);
	page()->tsc_timestamp = 10000;
	page()->system_time = 10000;
	assert_true(time_of_tsc(9000) == 9000);
}

/* Two processors' marks that differ by a little must not be seen as time that runs backwards. */
static void it_never_steps_back(void **state)
{
	uint64_t last = 0;

	(void)state;
	fake_kernel_start(NULL);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = time_monotonic_ns();

		assert_true(now >= last);
		last = now;
		page()->system_time = fake_clock_ns() - unit_random() % 50;
		page()->tsc_timestamp = fake_clock_ns();
	}
}

static void wall_time_follows_the_host(void **state)
{
	uint64_t wall;

	(void)state;
	fake_kernel_start(NULL);
	fake_clock_publish(1700000000 * TIME_S);
	wall = time_wall_ns();
	assert_in_range(wall - fake_clock_ns(), 1700000000 * TIME_S - 1000, 1700000000 * TIME_S);
	/* The host's clock is set two hours back: so is ours, and the monotonic one goes on. */
	fake_clock_publish((1700000000 - 7200) * TIME_S);
	assert_true(time_wall_ns() < wall);
}

/* Paused for three hours: Xen's system time went on, the counter too; both clocks have moved. */
static void a_pause_is_time_that_passed(void **state)
{
	uint64_t monotonic, wall;

	(void)state;
	fake_kernel_start(NULL);
	monotonic = time_monotonic_ns();
	wall = time_wall_ns();
	fake_clock_advance(3 * 3600 * TIME_S);
	fake_clock_publish(1700000000 * TIME_S);
	assert_in_range(time_monotonic_ns() - monotonic, 10800 * TIME_S, 10800 * TIME_S + TIME_MS);
	assert_in_range(time_wall_ns() - wall, 10800 * TIME_S, 10800 * TIME_S + TIME_MS);
}

static void seconds_beyond_32_bits(void **state)
{
	(void)state;
	fake_kernel_start(NULL);
	fake_shared_info()->wc_sec = 5;
	fake_shared_info()->wc_sec_hi = 1;
	fake_shared_info()->wc_nsec = 7;
	assert_true(time_wall_ns() / TIME_S >= ((uint64_t)1 << 32) + 5);
	assert_true(time_wall_ns() / TIME_S < ((uint64_t)1 << 32) + 5 + 3600);
}

static void deadlines_saturate(void **state)
{
	(void)state;
	fake_kernel_start(NULL);
	assert_true(time_in(TIME_FOREVER) == TIME_FOREVER);
	assert_true(time_in(UINT64_MAX - 1) == TIME_FOREVER);
	assert_in_range(time_in(TIME_S) - time_monotonic_ns(), TIME_S - 1000, TIME_S);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_follows_the_counter),
	cmocka_unit_test(any_scale),
	cmocka_unit_test(a_moment_before_the_mark_lies_before_it),
	cmocka_unit_test(it_never_steps_back),
	cmocka_unit_test(wall_time_follows_the_host),
	cmocka_unit_test(a_pause_is_time_that_passed),
	cmocka_unit_test(seconds_beyond_32_bits),
	cmocka_unit_test(deadlines_saturate),
};

UNIT_MAIN(tests)
