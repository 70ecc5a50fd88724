/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the console and the log (unikernel/core/{console,console_ring,log}.c).
 * Why:  a guest whose console nobody reads must not hang, and nothing that came from outside may
 *       forge a line on it.
 * How:  the fake's xenconsoled reads, does not read, or writes nonsense into the ring.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>

#include <xen/io/console.h>

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/console.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"

static void start(void)
{
	fake_console_start();
	fake_kernel_start(NULL);
}

static void lines_end_as_terminals_want(void **state)
{
	(void)state;
	start();
	console_write("one\ntwo\r\n\n", 10);
	assert_string_equal(fake_console_output(), "one\r\ntwo\r\r\n\r\n");
}

static void much_output_arrives_whole_and_in_order(void **state)
{
	static char text[60000];
	const char *output;

	(void)state;
	start();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('!' + i % 90);
	for (size_t at = 0, len; at < sizeof(text); at += len) {
		len = 1 + unit_random() % 5000;
		len = len < sizeof(text) - at ? len : sizeof(text) - at;
		console_write(text + at, len);
	}
	fake_kernel_run(TIME_S);
	output = fake_console_output();
	assert_int_equal(strlen(output), sizeof(text));
	assert_memory_equal(output, text, sizeof(text));
	assert_int_equal(console_dropped(), 0);
}

static void nobody_reads_and_the_guest_goes_on(void **state)
{
	static char text[4000];
	uint64_t start_ns, first_ns;

	(void)state;
	start();
	memset(text, 'x', sizeof(text));
	fake_console_reading(false);
	start_ns = time_monotonic_ns();
	for (int i = 0; i < 3; i++)
		console_write(text, sizeof(text));
	first_ns = time_monotonic_ns() - start_ns;
	/* Once it waits its patience, and then no more. */
	assert_in_range(first_ns, CONSOLE_PATIENCE_NS, 2 * CONSOLE_PATIENCE_NS);
	start_ns = time_monotonic_ns();
	for (int i = 0; i < 100; i++)
		console_write(text, sizeof(text));
	assert_true(time_monotonic_ns() - start_ns < TIME_S);
	assert_true(console_dropped() > 100 * sizeof(text) - 10000);
	/* Whoever reads at last is told how much is missing, once. */
	fake_console_reading(true);
	fake_kernel_run(TIME_S);
	console_write("back\n", 5);
	fake_kernel_run(TIME_S);
	assert_int_equal(fake_console_lines_with("bytes of output dropped"), 1);
	assert_int_equal(fake_console_lines_with("back"), 1);
}

static void read_again(void *self)
{
	(void)self;
	fake_console_reading(true);
}

static void a_slow_reader_gets_everything(void **state)
{
	static char text[30000];

	(void)state;
	start();
	memset(text, 'y', sizeof(text));
	fake_console_reading(false);
	fake_timer_add(fake_clock_ns() + TIME_S / 2, read_again, NULL);
	console_write(text, sizeof(text));
	fake_kernel_run(TIME_S);
	assert_int_equal(strlen(fake_console_output()), sizeof(text));
	assert_int_equal(console_dropped(), 0);
}

static void the_log_never_waits(void **state)
{
	uint64_t start_ns;

	(void)state;
	start();
	fake_console_reading(false);
	start_ns = time_monotonic_ns();
	for (int i = 0; i < 10000; i++)
		log_info("line %d of many that nobody will read", i);
	assert_true(time_monotonic_ns() - start_ns < 10 * TIME_MS);
	assert_true(console_dropped() > 0);
}

static void input_is_read(void **state)
{
	char text[64];

	(void)state;
	start();
	assert_int_equal(console_read(text, sizeof(text), TIME_POLL), -ETIMEDOUT);
	fake_console_type("hello\r");
	assert_int_equal(console_readable(), 6);
	assert_int_equal(console_read(text, 3, TIME_FOREVER), 3);
	assert_memory_equal(text, "hel", 3);
	assert_int_equal(console_read(text, sizeof(text), TIME_FOREVER), 3);
	assert_memory_equal(text, "lo\n", 3);
	assert_int_equal(console_read(text, sizeof(text), time_in(TIME_S)), -ETIMEDOUT);
}

static void type_later(void *self)
{
	fake_console_type(self);
}

static void a_reader_sleeps_until_somebody_types(void **state)
{
	char text[8];
	uint64_t start_ns;

	(void)state;
	start();
	start_ns = time_monotonic_ns();
	fake_timer_add(fake_clock_ns() + 5 * TIME_S, type_later, "x");
	assert_int_equal(console_read(text, sizeof(text), TIME_FOREVER), 1);
	assert_true(time_monotonic_ns() - start_ns >= 5 * TIME_S);
}

static void much_input_wraps_the_ring(void **state)
{
	char text[2000];
	size_t typed = 0, got = 0;

	(void)state;
	start();
	while (got < 20000) {
		long n;

		typed += fake_console_type("0123456789abcdefghijklmnopqrstuvwxyz!");
		n = console_read(text, 1 + unit_random() % 90, TIME_POLL);
		assert_true(n > 0);
		for (long i = 0; i < n; i++)
			assert_true(text[i] >= '!' && text[i] <= 'z');
		got += (size_t)n;
	}
	assert_in_range(typed - got, 0, 1024);
}

static void impossible_indices_do_no_harm(void **state)
{
	static const uint32_t lies[] = {3000, 0x80000000, 0xffffffff};
	char text[64];

	(void)state;
	start();
	fake_console_reading(false);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct xencons_interface *ring = fake_console_ring();
		const uint32_t in = ring->in_prod, out = ring->out_cons;

		ring->in_prod = ring->in_cons + lies[i];
		assert_int_equal(console_readable(), 0);
		assert_int_equal(console_read(text, sizeof(text), TIME_POLL), -ETIMEDOUT);
		ring->in_prod = in;
		ring->out_cons = ring->out_prod + lies[i];
		console_write("lost or late\n", 13);
		log_info("lost or late");
		ring->out_cons = out;
	}
	fake_console_reading(true);
	fake_kernel_run(TIME_S);
	console_write("alive\n", 6);
	fake_kernel_run(TIME_S);
	assert_int_equal(fake_console_lines_with("alive"), 1);
}

static void without_a_console_output_goes_nowhere(void **state)
{
	char text[8];

	(void)state;
	fake_kernel_start(NULL);
	console_write("to nobody\n", 10);
	log_info("to nobody");
	console_flush(time_in(TIME_S));
	assert_int_equal(console_read(text, sizeof(text), TIME_FOREVER), -ENODEV);
	assert_int_equal(console_readable(), 0);
}

/* --- the log --- */

static void levels(void **state)
{
	(void)state;
	start();
	log_debug("not shown");
	log_info("shown");
	assert_true(log_set_level("error"));
	log_warn("not shown either");
	log_error("always");
	assert_false(log_set_level("loud"));
	assert_false(log_shows(LOG_INFO));
	assert_true(log_set_level("debug"));
	log_debug("now it is");
	assert_string_equal(fake_console_output(), "lodger: shown\r\nlodger: error: always\r\n"
						   "lodger: debug: now it is\r\n");
}

static void nothing_in_a_line_can_forge_another(void **state)
{
	char nasty[40] = "a\nlodger: panic: \x1b[2J\x7f\r\t";

	(void)state;
	start();
	log_info("node: %s", nasty);
	assert_string_equal(fake_console_output(), "lodger: node: a?lodger: panic: ?[2J???\r\n");
}

static void long_lines_are_cut(void **state)
{
	char text[1000];
	const char *output;

	(void)state;
	start();
	memset(text, 'z', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
	log_info("next");
	output = fake_console_output();
	assert_in_range(strchr(output, '\n') - output, 100, 260);
	assert_int_equal(fake_console_lines_with("lodger: next"), 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(lines_end_as_terminals_want),
	cmocka_unit_test(much_output_arrives_whole_and_in_order),
	cmocka_unit_test(nobody_reads_and_the_guest_goes_on),
	cmocka_unit_test(a_slow_reader_gets_everything),
	cmocka_unit_test(the_log_never_waits),
	cmocka_unit_test(input_is_read),
	cmocka_unit_test(a_reader_sleeps_until_somebody_types),
	cmocka_unit_test(much_input_wraps_the_ring),
	cmocka_unit_test(impossible_indices_do_no_harm),
	cmocka_unit_test(without_a_console_output_goes_nowhere),
	cmocka_unit_test(levels),
	cmocka_unit_test(nothing_in_a_line_can_forge_another),
	cmocka_unit_test(long_lines_are_cut),
};

UNIT_MAIN(tests)
