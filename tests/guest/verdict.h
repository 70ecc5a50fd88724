/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a guest test tells its outcome. It does things, checks them with CHECK, which says on the
 * console what was not so and goes on, and main returns verdict(NAME): one line for a machine to
 * read, the last of the run, and the exit status with it.
 *
 *   lodger-test: SUCCESS xenbus: 57 checks
 *   lodger-test: FAILURE xenbus: 2 of 57 checks: tests/guest/xenbus/main.c:40: error == 0
 *
 * ERROR is for a test that could not be made, SKIP for one that does not apply.
 */
#ifndef LODGER_TESTS_GUEST_VERDICT_H
#define LODGER_TESTS_GUEST_VERDICT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "unikernel/core/console.h"
#include "unikernel/core/format.h"

static unsigned int checks, failures;
static const char *first_failure;

__attribute__((format(printf, 1, 2), unused)) static void say(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vformat(line, sizeof(line), fmt, args);
	va_end(args);
	for (size_t len = 0;; len++) {
		if (line[len] == '\0') {
			console_write(line, len);
			return;
		}
	}
}

#define CHECK_TEXT(line) #line
#define CHECK_LINE(line) CHECK_TEXT(line)

/* The value of the condition, for checks that decide whether to go on. */
#define CHECK(condition) check((condition), __FILE__ ":" CHECK_LINE(__LINE__) ": " #condition)

static inline bool check(bool good, const char *what)
{
	checks++;
	if (!good) {
		say("not so: %s\n", what);
		if (failures++ == 0)
			first_failure = what;
	}
	return good;
}

static inline int verdict(const char *name)
{
	if (failures == 0)
		say("lodger-test: SUCCESS %s: %u checks\n", name, checks);
	else
		say("lodger-test: FAILURE %s: %u of %u checks: %s\n", name, failures, checks,
		    first_failure);
	return failures == 0 ? 0 : 1;
}

__attribute__((unused)) static inline int verdict_error(const char *name, const char *why)
{
	say("lodger-test: ERROR %s: %s\n", name, why);
	return 1;
}

__attribute__((unused)) static inline int verdict_skip(const char *name, const char *why)
{
	say("lodger-test: SKIP %s: %s\n", name, why);
	return 0;
}

#endif
