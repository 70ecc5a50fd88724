/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/format.c, the kernel's own printf.
 * Why:  panic and every log line go through it, with strings that came from other domains.
 * How:  against the host's snprintf() for all that both understand; cut at every size; and what is
 *       only ours spelt out.
 */
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdio.h>

#include "unikernel/core/format.h"

/* Both into buffers of that size, which ASan guards, and the same text and length from each. */
#define SAME(size, ...)                                                                  \
	do {                                                                             \
		char *ours = test_malloc((size) + 1), *theirs = test_malloc((size) + 1); \
		memset(ours, '#', (size) + 1);                                           \
		memset(theirs, '#', (size) + 1);                                         \
		assert_int_equal(format(ours, (size), __VA_ARGS__),                      \
				 snprintf(theirs, (size), __VA_ARGS__));                 \
		assert_memory_equal(ours, theirs, (size) + 1);                           \
		test_free(ours);                                                         \
		test_free(theirs);                                                       \
	} while (0)

static void numbers_as_the_host_writes_them(void **state)
{
	static const long long values[] = {0,	    1,	     -1,	7,	   42,
					   INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN, -1000000000000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const long long v = values[i];
		const unsigned long long u = (unsigned long long)v;

		SAME(80, "%d|%5d|%-5d|%05d|%i", (int)v, (int)v, (int)v, (int)v, (int)v);
		SAME(80, "%ld|%25ld|%-25ld|%025ld", (long)v, (long)v, (long)v, (long)v);
		SAME(80, "%lld|%zd|%jd|%td", v, (ssize_t)v, (intmax_t)v, (ptrdiff_t)v);
		SAME(80, "%u|%x|%X|%08x|%-9X|", (unsigned)u, (unsigned)u, (unsigned)u, (unsigned)u,
		     (unsigned)u);
		SAME(80, "%lu|%llx|%zX|%020lx", (unsigned long)u, u, (size_t)u, (unsigned long)u);
		SAME(80, "%hhd|%hd|%hhu|%hu|%hhx", (signed char)v, (short)v, (unsigned char)u,
		     (unsigned short)u, (unsigned char)u);
	}
}

static void texts_as_the_host_writes_them(void **state)
{
	static const char unended[3] = {'a', 'b', 'c'};

	(void)state;
	SAME(80, "%s|%10s|%-10s|%.2s|%5.1s|%-5.0s|", "text", "text", "text", "text", "text", "x");
	SAME(80, "%c%c%3c%-3c%%", 'a', '\n', 'b', 'c');
	SAME(80, "%*d|%-*d|%*d", 6, 42, 6, 42, -6, 42);
	SAME(80, "%.*s|%.*s", 2, "abc", -1, "abc");
	SAME(80, "%.*s", 3, unended);
	SAME(80, "plain");
	SAME(80, "%s", "");
}

static void every_size_is_respected(void **state)
{
	(void)state;
	for (size_t size = 1; size < 40; size++)
		SAME(size, "%s %d %08lx %c", "sixteen letters!", -12345, 0xabcdefl, 'z');
	assert_int_equal(format(NULL, 0, "%d", 12345), 5);
}

static void pointers_and_missing_strings(void **state)
{
	char text[40];

	(void)state;
	format(text, sizeof(text), "%p %s", (void *)0x1234abcd, (const char *)NULL);
	assert_string_equal(text, "0x1234abcd (null)");
}

/* Called through a pointer: the compiler would rightly refuse these formats. */
static void unknown_conversions_stand_as_they_are(void **state)
{
	int (*const any)(char *, size_t, const char *, ...) = format;
	static const char *const odd[] = {"100%", "%", "%q", "%5", "%-", "%.", "%l", "a%"};
	char text[40];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		assert_int_equal(any(text, sizeof(text), odd[i]), (int)strlen(odd[i]));
		assert_string_equal(text, odd[i]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(numbers_as_the_host_writes_them),
	cmocka_unit_test(texts_as_the_host_writes_them),
	cmocka_unit_test(every_size_is_respected),
	cmocka_unit_test(pointers_and_missing_strings),
	cmocka_unit_test(unknown_conversions_stand_as_they_are),
};

UNIT_MAIN(tests)
