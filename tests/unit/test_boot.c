/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: from boot() to main() and to the end: the command line, the order of the start, statistics,
 *       symbols, panics, Xen's errors by name.
 * Why:  this code runs once in each life of a guest, and speaks when everything else has failed.
 * How:  boot() itself runs, with a main() of the test's; panics are caught at their SHUTDOWN_crash.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <xen/errno.h>

#include "hypercall/errno.h"
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/store.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/command_line.h"
#include "unikernel/core/console.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/init.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/symbol.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "xenbus/control.h"

/* --- the command line --- */

static struct command_line line;

static void parse(const char *text)
{
	static char copy[BOOT_COMMAND_LINE_MAX];

	memset(copy, 0, sizeof(copy));
	strncpy(copy, text, sizeof(copy) - 1);
	command_line_parse(&line, copy);
}

static void words_and_options_are_told_apart(void **state)
{
	(void)state;
	parse("  one lodger.log=debug two\tlodger.flag lodger.env.HOME=/x  three ");
	assert_int_equal(line.argc, 4);
	assert_string_equal(line.argv[1], "one");
	assert_string_equal(line.argv[2], "two");
	assert_string_equal(line.argv[3], "three");
	assert_null(line.argv[4]);
	assert_string_equal(command_line_option(&line, "log"), "debug");
	assert_string_equal(command_line_option(&line, "flag"), "");
	assert_null(command_line_option(&line, "fla"));
	assert_null(command_line_option(&line, "lo"));
	assert_null(command_line_option(&line, ""));
	assert_string_equal(line.environ[0], "HOME=/x");
	assert_null(line.environ[1]);
}

static void quotes_group_and_dashes_end_options(void **state)
{
	(void)state;
	parse("\"a b\" c\"d e\"f \"\" lodger.x=\"1 2\" -- lodger.y=3 -- \"open end");
	assert_int_equal(line.argc, 7);
	assert_string_equal(line.argv[1], "a b");
	assert_string_equal(line.argv[2], "cd ef");
	assert_string_equal(line.argv[3], "");
	assert_string_equal(line.argv[4], "lodger.y=3");
	assert_string_equal(line.argv[5], "--");
	assert_string_equal(line.argv[6], "open end");
	assert_string_equal(command_line_option(&line, "x"), "1 2");
	assert_null(command_line_option(&line, "y"));
}

static void the_last_of_two_options_counts(void **state)
{
	(void)state;
	parse("lodger.a=1 lodger.a=2");
	assert_string_equal(command_line_option(&line, "a"), "2");
}

static void nothing_and_too_much(void **state)
{
	static char many[BOOT_COMMAND_LINE_MAX];

	(void)state;
	parse("");
	assert_int_equal(line.argc, 1);
	parse(" \t\r\n ");
	assert_int_equal(line.argc, 1);
	for (size_t i = 0; i + 1 < sizeof(many); i++)
		many[i] = i % 2 ? ' ' : 'w';
	parse(many);
	assert_int_equal(line.argc, COMMAND_LINE_WORDS + 1);
	assert_int_equal(line.ignored, sizeof(many) / 2 - COMMAND_LINE_WORDS);
}

/* --- boot() --- */

static char order[8];

static int first_init(void)
{
	strcat(order, "1");
	return 0;
}
INIT(INIT_BUS, first_init);

static int third_init(void)
{
	strcat(order, "3");
	return -ENODEV; /* is logged, and boot goes on */
}
INIT(INIT_SYSTEM, third_init);

static int second_init(void)
{
	strcat(order, "2");
	return 0;
}
INIT(INIT_DRIVER, second_init);

static int check_start(int argc, char **argv)
{
	char stages[200];

	assert_string_equal(order, "123");
	assert_int_equal(argc, 2);
	assert_string_equal(argv[0], "unit");
	assert_string_equal(argv[1], "argument");
	assert_null(argv[2]);
	assert_string_equal(boot_environ()[0], "A=b");
	assert_string_equal(boot_option("log"), "nonsense");
	boot_stage("later");
	boot_stages_format(stages, sizeof(stages));
	assert_non_null(strstr(stages, "first-instruction=5000000"));
	assert_non_null(strstr(stages, " main="));
	assert_non_null(strstr(stages, " later="));
	assert_int_equal(fake_console_lines_with("lodger.log=nonsense"), 1);
	assert_int_equal(fake_console_lines_with("third_init"), 1);
	assert_int_equal(fake_console_lines_with("boot: first-instruction="), 1);
	unit_end_expected = false;
	return 0;
}

static void boot_goes_by_the_table_and_ends_in_main(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	fake_kernel_boot("argument lodger.env.A=b lodger.log=nonsense", check_start);
}

static void stages_are_cut_to_their_buffer(void **state)
{
	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	for (int i = 0; i < 40; i++)
		boot_stage("a-stage-with-a-name");
	for (unsigned size = 1; size < 300; size++) {
		char *text = malloc(size);

		boot_stages_format(text, size);
		assert_true(strlen(text) < size);
		free(text);
	}
}

/* --- the end --- */

static void the_exit_status_reaches_the_store(void **state)
{
	(void)state;
	fake_console_start();
	fake_store_start();
	fake_kernel_start(NULL);
	fake_kernel_init();
	fake_kernel_run(TIME_MS);
	fake_kernel_expect_end(SHUTDOWN_poweroff, NULL);
	fake_kernel_expect_node("/local/domain/7/data/lodger/exit-status", "3");
	/* What registers itself must be linked to do so, which naming it sees to. */
	assert_non_null(control_exit_status);
	kernel_exit(3);
}

/* Nobody reads the console, and the guest ends nevertheless. */
static void an_end_does_not_wait_for_a_reader_for_ever(void **state)
{
	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_console_reading(false);
	console_write_nowait("last words\n", 11);
	fake_kernel_expect_end(SHUTDOWN_poweroff, NULL);
	kernel_exit(0);
}

static void a_panic_says_where(void **state)
{
	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_kernel_expect_end(SHUTDOWN_crash, "panic: it is 42");
	panic("it is %d", 42);
}

static void an_assertion_names_its_line(void **state)
{
	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_kernel_expect_end(SHUTDOWN_crash, "test_boot.c");
	ASSERT(!state && "never");
}

static void a_trap_shows_its_registers(void **state)
{
	static const struct trap_frame frame = {.rip = 0x1815, .rsp = 0x1234, .rax = 0xabcdef};

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_kernel_expect_end(SHUTDOWN_crash, "rax 0000000000abcdef");
	panic_trap(&frame, "page fault: read at 0x0");
}

static void a_panic_before_there_is_a_thread(void **state)
{
	(void)state;
	fake_kernel_pages(512, 0);
	fake_kernel_expect_end(SHUTDOWN_crash, NULL);
	panic("early");
}

/* --- small tables --- */

static void symbols_are_found(void **state)
{
	uintptr_t offset;

	(void)state;
	assert_null(symbol_name(0, &offset));
	assert_null(symbol_name(0xfff, &offset));
	assert_string_equal(symbol_name(0x1000, &offset), "first");
	assert_string_equal(symbol_name(0x100f, &offset), "first");
	assert_int_equal(offset, 15);
	assert_string_equal(symbol_name(0x1010, &offset), "second");
	assert_string_equal(symbol_name(0x1fff, &offset), "third");
	assert_int_equal(offset, 0x7ff);
	assert_null(symbol_name(0x2000, &offset));
	assert_null(symbol_name(UINTPTR_MAX, &offset));
}

static void xens_errors_become_ours(void **state)
{
	(void)state;
	assert_int_equal(xen_errno_to_errno(0), 0);
	assert_int_equal(xen_errno_to_errno(7), 7);
	assert_int_equal(xen_errno_to_errno(LONG_MAX), INT_MAX);
	assert_int_equal(xen_errno_to_errno(-XEN_EINVAL), -EINVAL);
	assert_int_equal(xen_errno_to_errno(-XEN_ENOSYS), -ENOSYS);
	assert_int_equal(xen_errno_to_errno(-9999), -EIO);
	assert_string_equal(xen_errno_name(-XEN_EBUSY), "XEN_EBUSY");
	assert_string_equal(xen_errno_name(XEN_EBUSY), "XEN_EBUSY");
	assert_string_equal(xen_errno_name(-9999), "unknown");
	assert_int_equal(gntst_to_errno(GNTST_okay), 0);
	assert_int_equal(gntst_to_errno(GNTST_permission_denied), -EACCES);
	assert_int_equal(gntst_to_errno(INT16_MIN), -EIO);
	assert_int_equal(gntst_to_errno(1), -EIO);
	assert_string_equal(gntst_name(GNTST_bad_gntref), "GNTST_bad_gntref");
	assert_string_equal(gntst_name(INT16_MIN), "unknown");
}

static void statistics_are_lines_of_names_and_numbers(void **state)
{
	char text[2048], cut[30];
	int length;

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	assert_non_null(gnttab_stats); /* which adds its own lines when it is linked */
	length = stats_format(text, sizeof(text));
	assert_int_equal(length, strlen(text));
	for (char *at = text, *end; *at; at = end + 1) {
		char name[64];
		unsigned long long number;

		end = strchr(at, '\n');
		assert_non_null(end);
		assert_int_equal(sscanf(at, "%63[a-z_] %llu", name, &number), 2);
	}
	assert_non_null(strstr(text, "pages_in_use "));
	assert_non_null(strstr(text, "grants 0\n"));
	/* Cut, but ended; the length tells what was wanted. */
	assert_true(stats_format(cut, sizeof(cut)) > (int)sizeof(cut));
	assert_true(strlen(cut) < sizeof(cut));
	assert_true(stats_format(NULL, 0) > 100);
}

static void random_words(void **state)
{
	uint64_t a = 0, b = 0;

	(void)state;
	/* A processor without the instruction says so; one that has it does not repeat itself. */
	if (arch_random(&a) && arch_random(&b))
		assert_int_not_equal(a, b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(words_and_options_are_told_apart),
	cmocka_unit_test(quotes_group_and_dashes_end_options),
	cmocka_unit_test(the_last_of_two_options_counts),
	cmocka_unit_test(nothing_and_too_much),
	cmocka_unit_test(boot_goes_by_the_table_and_ends_in_main),
	cmocka_unit_test(stages_are_cut_to_their_buffer),
	cmocka_unit_test(the_exit_status_reaches_the_store),
	cmocka_unit_test(an_end_does_not_wait_for_a_reader_for_ever),
	cmocka_unit_test(a_panic_says_where),
	cmocka_unit_test(an_assertion_names_its_line),
	cmocka_unit_test(a_trap_shows_its_registers),
	cmocka_unit_test(a_panic_before_there_is_a_thread),
	cmocka_unit_test(symbols_are_found),
	cmocka_unit_test(xens_errors_become_ours),
	cmocka_unit_test(statistics_are_lines_of_names_and_numbers),
	cmocka_unit_test(random_words),
};

UNIT_MAIN(tests)
