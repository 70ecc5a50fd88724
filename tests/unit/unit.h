/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of unit tests: what each file test_*.c begins with.
 *
 * Every test runs in a process of its own, forked before the kernel under test has done anything:
 * its static state is fresh each time, the order does not matter, and a crash or a hang is that
 * test's failure and no more. A test's output is shown when it fails, or with -v.
 *
 *   test_heap            runs all
 *   test_heap -v NAME…   runs those named, showing what they print
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* main() of every program. The exit status is 0 when all passed. */
int unit_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

#define UNIT_MAIN(tests)                                                  \
	int main(int argc, char **argv)                                   \
	{                                                                 \
		return unit_main(argc, argv, (tests), ARRAY_SIZE(tests)); \
	}

/* While it is set, a test that returns has failed: its process was to end in another way. */
extern bool unit_end_expected;

/* The same numbers in every run: a failure repeats. */
uint32_t unit_random(void);

#endif
