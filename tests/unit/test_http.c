/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the parts of httpd that are pure: paths, ranges, dates, media types.
 * Why:  their input is whatever anybody on the network sends.
 * How:  tables of input and outcome, the attacks among them; dates also round trip through every
 *       day of 8,000 years, against the host's gmtime().
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <time.h>

#include "apps/httpd/date.h"
#include "apps/httpd/mime.h"
#include "apps/httpd/path.h"
#include "apps/httpd/range.h"

static void paths_resolve(void **state)
{
	static const struct {
		const char *target, *path;
	} good[] = {
		{"/", "/"},
		{"/index.html", "/index.html"},
		{"/a/./b%20c//d?x=1", "/a/b c/d"},
		{"http://host/a/", "/a/"},
		{"http://host", "/"},
		{"HTTP://host/x", "/x"},
		{"/a/.", "/a/"},
		{"/./././", "/"},
		{"//////", "/"},
		{"/...", "/..."},
		{"/..a", "/..a"},
		{"/a#b/../c", "/a"},
		{"/%41%62", "/Ab"},
		{"/%2f%2F", "/"},
		{"/\xff", "/\xff"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char path[64];

		assert_int_equal(path_resolve(good[i].target, path, sizeof(path)), 0);
		assert_string_equal(path, good[i].path);
	}
}

static void paths_that_climb_or_break_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"*",
		"a",
		"../a",
		"/..",
		"/../",
		"/a/..",
		"/a/../b",
		"/%2e%2e/etc",
		"/%2E./x",
		"/.%2e",
		"/a%2f..%2fb",
		"/a/%2e%2e%2fb",
		"/%",
		"/%1",
		"/%zz",
		"/%0g",
		"/%00",
		"/a%00.html",
		"https://h/",
		"http://h/..",
		"/%-1",
		"/% 1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char path[64];

		assert_int_equal(path_resolve(bad[i], path, sizeof(path)), -EINVAL);
	}
}

/* strlen(target) + 1 bytes are always enough, and fewer are never overrun (ASan watches). */
static void paths_stay_in_their_buffer(void **state)
{
	static const char *const targets[] = {"/", "/abc/def", "/a/./b", "/%41%41%41", "//"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		for (size_t size = 0; size <= strlen(targets[i]) + 1; size++) {
			char *path = test_malloc(size + !size);
			int error = path_resolve(targets[i], path, size);

			if (size == strlen(targets[i]) + 1)
				assert_int_equal(error, 0);
			else
				assert_true(error == 0 || error == -ENAMETOOLONG);
			if (error == 0)
				assert_true(strlen(path) < size);
			test_free(path);
		}
}

static void random_targets_give_safe_paths(void **state)
{
	static const char letters[] = "/.%2eEfF?#a\xff ";

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char target[24] = "/", path[24];
		size_t len = 1 + unit_random() % 22;

		for (size_t i = 1; i < len; i++)
			target[i] = letters[unit_random() % (sizeof(letters) - 1)];
		target[len] = '\0';
		if (path_resolve(target, path, sizeof(path)) == 0) {
			assert_int_equal(path[0], '/');
			assert_null(strstr(path, "/../"));
			assert_true(strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/.."));
			assert_null(strstr(path, "//"));
		}
	}
}

static void paths_are_encoded_for_a_location(void **state)
{
	char text[64], path[64];

	(void)state;
	assert_int_equal(path_encode("/a b/\xc3\xa4?#%\r\n", text, sizeof(text)), 0);
	assert_string_equal(text, "/a%20b/%C3%A4%3F%23%25%0D%0A");
	/* Both ways, and never beyond the buffer. */
	assert_int_equal(path_resolve(text, path, sizeof(path)), 0);
	assert_string_equal(path, "/a b/\xc3\xa4?#%\r\n");
	for (size_t size = 0; size < 40; size++) {
		char *small = test_malloc(size + !size);

		if (path_encode("/\x01\x02/abc\x03", small, size) == 0)
			assert_true(strlen(small) < size);
		test_free(small);
	}
}

static void ranges(void **state)
{
	static const struct {
		const char *value;
		uint64_t size;
		enum range_result result;
		uint64_t first, last;
	} cases[] = {
		{"bytes=0-0", 10, RANGE_SATISFIABLE, 0, 0},
		{"bytes=2-5", 10, RANGE_SATISFIABLE, 2, 5},
		{"bytes=2-", 10, RANGE_SATISFIABLE, 2, 9},
		{"bytes=2-99", 10, RANGE_SATISFIABLE, 2, 9},
		{"bytes=-3", 10, RANGE_SATISFIABLE, 7, 9},
		{"bytes=-10", 10, RANGE_SATISFIABLE, 0, 9},
		{"bytes=-99999999999999999999999", 10, RANGE_SATISFIABLE, 0, 9},
		{"bytes=0-99999999999999999999999", 10, RANGE_SATISFIABLE, 0, 9},
		{"bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=-1", 0, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=18446744073709551615-", 10, RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=5-4", 10, RANGE_IGNORED, 0, 0},
		{"bytes=", 10, RANGE_IGNORED, 0, 0},
		{"bytes=-", 10, RANGE_IGNORED, 0, 0},
		{"bytes=a-b", 10, RANGE_IGNORED, 0, 0},
		{"bytes=1-2,4-5", 10, RANGE_IGNORED, 0, 0},
		{"bytes=1-2x", 10, RANGE_IGNORED, 0, 0},
		{"lines=1-2", 10, RANGE_IGNORED, 0, 0},
		{"", 10, RANGE_IGNORED, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct range range = {0};

		assert_int_equal(range_parse(cases[i].value, cases[i].size, &range),
				 cases[i].result);
		if (cases[i].result != RANGE_SATISFIABLE)
			continue;
		assert_int_equal(range.first, cases[i].first);
		assert_int_equal(range.last, cases[i].last);
	}
}

static void dates_agree_with_the_host(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 366 * 8030; day += 1 + unit_random() % 40) {
		const int64_t seconds = day * 86400 + unit_random() % 86400;
		const time_t time = seconds;
		char ours[DATE_SIZE], theirs[64];
		int64_t back = -1;
		struct tm tm;

		if (seconds > 253402300799)
			break;
		date_format(seconds, ours);
		strftime(theirs, sizeof(theirs), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &tm));
		assert_string_equal(ours, theirs);
		assert_int_equal(date_parse(ours, &back), 0);
		assert_int_equal(back, seconds);
	}
}

static void dates_out_of_reach_are_the_nearer_end(void **state)
{
	char text[DATE_SIZE];

	(void)state;
	date_format(INT64_MIN, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	date_format(INT64_MAX, text);
	assert_string_equal(text, "Fri, 31 Dec 9999 23:59:59 GMT");
}

static void what_is_no_date_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"Sun, 06 Nov 1994 08:49:37",
		"Mon, 06 Nov 1994 08:49:37 GMT", /* it was a Sunday */
		"Sun, 31 Apr 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT",
		"Sun, 06 nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun,-06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GM",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Thu, 29 Feb 1900 00:00:00 GMT",
		"XXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
	};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(date_parse(bad[i], &seconds), -EINVAL);
}

static void media_types(void **state)
{
	(void)state;
	assert_string_equal(mime_type("/a/index.HTML"), "text/html; charset=utf-8");
	assert_string_equal(mime_type("x.tar.gz"), "application/gzip");
	assert_string_equal(mime_type("/.html"), "application/octet-stream");
	assert_string_equal(mime_type("/a.html/b"), "application/octet-stream");
	assert_string_equal(mime_type(""), "application/octet-stream");
	assert_string_equal(mime_type("x."), "application/octet-stream");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(paths_resolve),
	cmocka_unit_test(paths_that_climb_or_break_are_refused),
	cmocka_unit_test(paths_stay_in_their_buffer),
	cmocka_unit_test(random_targets_give_safe_paths),
	cmocka_unit_test(paths_are_encoded_for_a_location),
	cmocka_unit_test(ranges),
	cmocka_unit_test(dates_agree_with_the_host),
	cmocka_unit_test(dates_out_of_reach_are_the_nearer_end),
	cmocka_unit_test(what_is_no_date_is_refused),
	cmocka_unit_test(media_types),
};

UNIT_MAIN(tests)
