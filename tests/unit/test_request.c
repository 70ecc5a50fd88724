/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: apps/httpd/request.c, an HTTP request as it comes in.
 * Why:  everything here is sent by strangers, in pieces of their choice.
 * How:  requests and what must become of them, each fed whole and in pieces of every size; bounds
 *       from both sides. fuzz_request goes on from here.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "apps/httpd/request.h"

/* Feeds it in pieces of `step` bytes; returns what was taken. */
static size_t feed(struct request *request, const char *text, size_t size, size_t step)
{
	size_t taken = 0;

	while (taken < size && request->state != REQUEST_WHOLE &&
	       request->state != REQUEST_REFUSED) {
		const size_t now = step < size - taken ? step : size - taken;
		/* In a block of its own, so that ASan sees every byte read beyond. */
		char *piece = test_malloc(now);
		size_t used;

		memcpy(piece, text + taken, now);
		used = request_parse(request, piece, now);
		test_free(piece);
		assert_true(used <= now);
		taken += used;
		if (used < now)
			break;
	}
	return taken;
}

#define HOST "Host: h\r\n"

static void requests_become_what_they_ask_for(void **state)
{
	static const struct {
		const char *text;
		bool head_only, allowed, keep_alive;
		const char *target;
	} good[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", false, true, true, "/"},
		{"HEAD /a?b HTTP/1.1\r\n" HOST "\r\n", true, true, true, "/a?b"},
		{"GET /x HTTP/1.0\r\n\r\n", false, true, false, "/x"},
		{"GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, true, true, "/x"},
		{"GET / HTTP/1.1\r\nConnection: close\r\n" HOST "\r\n", false, true, false, "/"},
		{"POST / HTTP/1.1\r\n" HOST "\r\n", false, false, true, "/"},
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", false, true, true, "/"},
		{"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		 false, true, true, "/"},
		{"GET http://h/p HTTP/1.1\r\n" HOST "\r\n", false, true, true, "http://h/p"},
		{"GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: upgrade\r\n\r\n", false,
		 true, true, "/"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		for (size_t step = 1; step <= strlen(good[i].text); step++) {
			static struct request request;

			request_init(&request);
			assert_int_equal(request.state, REQUEST_EMPTY);
			assert_int_equal(feed(&request, good[i].text, strlen(good[i].text), step),
					 strlen(good[i].text));
			assert_int_equal(request.state, REQUEST_WHOLE);
			assert_int_equal(request.head_only, good[i].head_only);
			assert_int_equal(request.allowed, good[i].allowed);
			assert_int_equal(request.keep_alive, good[i].keep_alive);
			assert_string_equal(request.target, good[i].target);
		}
}

static void what_is_wrong_gets_its_status(void **state)
{
	static const struct {
		const char *text;
		int status;
	} bad[] = {
		{"\x16\x03\x01\x02", 400}, /* TLS */
		{"GET /\r\n\r\n", 0},	   /* HTTP/0.9: any refusal */
		{"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"BREW /pot HTTP/1.1\r\n" HOST "\r\n", 501},
		{"GET / HTTP/1.1\r\n\r\n", 400},		   /* no host */
		{"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},	   /* two hosts */
		{"GET / HTTP/1.1\r\n" HOST "a b: c\r\n\r\n", 400}, /* a blank in a name */
		{"GET / HTTP/1.1\r\n" HOST "a : c\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\n" HOST
		 "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		 400}, /* smuggling */
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", 413},
		{"GET / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 405},
		{"GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (size_t step = 1; step <= strlen(bad[i].text); step++) {
			static struct request request;

			request_init(&request);
			feed(&request, bad[i].text, strlen(bad[i].text), step);
			if (request.state != REQUEST_REFUSED)
				fail_msg("not refused in steps of %zu: %s", step, bad[i].text);
			if (bad[i].status && request.status != bad[i].status)
				fail_msg("status %d in steps of %zu: %s", request.status, step,
					 bad[i].text);
			assert_in_range(request.status, 400, 599);
		}
}

/* A request that is longer than anything may be, in one part of it. */
static int status_of(const char *before, char fill, size_t count, const char *after)
{
	static struct request request;
	static char text[200000];
	size_t size = strlen(before);

	assert_true(size + count + strlen(after) < sizeof(text));
	memcpy(text, before, size);
	memset(text + size, fill, count);
	strcpy(text + size + count, after);
	request_init(&request);
	feed(&request, text, size + count + strlen(after), 1000);
	return request.state == REQUEST_WHOLE	  ? 200
	       : request.state == REQUEST_REFUSED ? request.status
						  : 0;
}

static void everything_has_its_bound(void **state)
{
	static const char end[] = " HTTP/1.1\r\n" HOST "\r\n";

	(void)state;
	assert_int_equal(status_of("GET /", 'a', REQUEST_TARGET_MAX - 1, end), 200);
	assert_int_equal(status_of("GET /", 'a', REQUEST_TARGET_MAX, end), 414);
	assert_int_equal(status_of("GET /", 'a', 100000, end), 414);
	assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST "X: ", 'v', 8000, "\r\n\r\n"), 200);
	assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST "X: ", 'v', 9000, "\r\n\r\n"), 431);
	assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST, 'n', 9000, ": v\r\n\r\n"), 431);
	assert_int_equal(status_of("GET / HTTP/1.1\r\n" HOST "Content-Length: 65536\r\n\r\n", 'b',
				   65536, ""),
			 200);
}

static void many_small_headers_are_bounded_as_well(void **state)
{
	static struct request request;
	static const char head[] = "GET / HTTP/1.1\r\n" HOST, line[] = "a: b\r\n";

	(void)state;
	request_init(&request);
	request_parse(&request, head, strlen(head));
	for (int i = 0; i < 100000 && request.state == REQUEST_PARTIAL; i++)
		request_parse(&request, line, strlen(line));
	assert_int_equal(request.state, REQUEST_REFUSED);
	assert_int_equal(request.status, 431);
}

static void headers_that_count_are_kept(void **state)
{
	static struct request request;
	static const char text[] = "GET / HTTP/1.1\r\nhOST: h\r\nRange:   bytes=0-1\r\n"
				   "If-Range: a\r\nIf-Range: b\r\nIf-None-Match: \r\nX: y\r\n\r\n";

	(void)state;
	request_init(&request);
	feed(&request, text, strlen(text), 3);
	assert_string_equal(request_value(&request, HEADER_HOST), "h");
	assert_string_equal(request_value(&request, HEADER_RANGE), "bytes=0-1");
	assert_null(request_value(&request, HEADER_IF_RANGE)); /* twice */
	assert_null(request_value(&request, HEADER_IF_MODIFIED_SINCE));
	assert_string_equal(request_value(&request, HEADER_IF_NONE_MATCH), "");
}

static void a_value_too_long_to_keep_is_none(void **state)
{
	static struct request request;
	char text[400];

	(void)state;
	for (int size = REQUEST_VALUE_MAX - 1; size < REQUEST_VALUE_MAX + 3; size++) {
		const int length =
			snprintf(text, sizeof(text),
				 "GET / HTTP/1.1\r\n" HOST "Range: %0*d\r\n\r\n", size, 0);

		request_init(&request);
		feed(&request, text, (size_t)length, 7);
		assert_int_equal(request.state, REQUEST_WHOLE);
		if (size <= REQUEST_VALUE_MAX)
			assert_int_equal(strlen(request_value(&request, HEADER_RANGE)), size);
		else
			assert_null(request_value(&request, HEADER_RANGE));
	}
}

/* One behind the other in one packet: each takes its own bytes and leaves the rest. */
static void requests_in_a_row_do_not_mix(void **state)
{
	static struct request request;
	static const char text[] = "GET /1 HTTP/1.1\r\n" HOST "Range: x\r\n\r\n"
				   "GET /2 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
				   "HEAD /3 HTTP/1.1\r\n" HOST "\r\n";
	size_t at = 0;

	(void)state;
	request_init(&request);
	for (int i = 1; i <= 3; i++) {
		char target[3] = {'/', (char)('0' + i), '\0'};

		at += feed(&request, text + at, strlen(text) - at, 1000);
		assert_int_equal(request.state, REQUEST_WHOLE);
		assert_string_equal(request.target, target);
		assert_int_equal(request_value(&request, HEADER_RANGE) != NULL, i == 1);
		request_next(&request);
		assert_int_equal(request.state, REQUEST_EMPTY);
	}
	assert_int_equal(at, strlen(text));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requests_become_what_they_ask_for),
	cmocka_unit_test(what_is_wrong_gets_its_status),
	cmocka_unit_test(everything_has_its_bound),
	cmocka_unit_test(many_small_headers_are_bounded_as_well),
	cmocka_unit_test(headers_that_count_are_kept),
	cmocka_unit_test(a_value_too_long_to_keep_is_none),
	cmocka_unit_test(requests_in_a_row_do_not_mix),
};

UNIT_MAIN(tests)
