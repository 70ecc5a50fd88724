/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   the console's ring and backlog against a daemon that is slow, absent, or lies.
 * Why:    a guest must not hang because nobody reads its console, nor be harmed by what the other
 *         side writes into the indexes.
 * Method: the console is pointed at a page of the test's own, which plays xenconsoled; what is read
 *         from it is compared with what was written. The outcome goes to the real console.
 */
#include <stdint.h>
#include <string.h>

#include <xen/io/console.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

static struct xencons_interface fake;
static char got[32768];
static size_t got_len;
static evtchn_port_t daemon_port; /* the other end of the console's channel */

static void on_console(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
}

static bool channel_make(void)
{
	return !evtchn_alloc_unbound(DOMID_SELF, on_console, NULL, &daemon_port) &&
	       !evtchn_bind_interdomain(DOMID_SELF, daemon_port, on_console, NULL,
					&boot_info.console_port);
}

static void fake_begin(void)
{
	boot_info.dom0 = false;
	boot_info.console = &fake;
	console_init();
	memset(&fake, 0, sizeof(fake));
	got_len = 0;
}

static void fake_end(void)
{
	boot_info.dom0 = true;
	boot_info.console = NULL;
}

/* As xenconsoled: takes what is there, and says so. */
static size_t daemon_read(void)
{
	size_t n = 0;

	for (; fake.out_cons != fake.out_prod; n++) {
		char c = fake.out[fake.out_cons++ % sizeof(fake.out)];

		if (got_len < sizeof(got))
			got[got_len++] = c;
	}
	evtchn_notify(daemon_port);
	return n;
}

static void newlines(void)
{
	static const char expect[] = "one\r\ntwo\r\n";
	bool same;

	fake_begin();
	console_write("one\ntwo\n", 8);
	daemon_read();
	same = got_len == strlen(expect) && !memcmp(got, expect, got_len);
	fake_end();
	CHECK(same);
}

static bool flooded;

static void flood(void *arg)
{
	static const char line[] =
		"0123456789012345678901234567890123456789012345678901234567890\n";

	for (int i = 0; i < 400; i++)
		console_write(line, sizeof(line) - 1);
	flooded = true;
	(void)arg;
}

/* A slow daemon that is there: every byte arrives. */
static void slow_daemon(void)
{
	const size_t expect = 400 * 63;
	uint64_t dropped = console_dropped();

	fake_begin();
	thread_create("flood", flood, NULL, 0);
	for (int i = 0; i < 2000 && got_len < expect; i++) {
		thread_sleep_until(time_in(TIME_MS));
		daemon_read();
	}
	fake_end();
	CHECK(flooded);
	CHECK(console_dropped() == dropped);
	say("a slow reader got %zu bytes of %zu\n", got_len, expect);
	CHECK(got_len == expect);
}

/* Nobody reads: the first overflow costs the patience, no later one does. */
static void no_daemon(void)
{
	uint64_t begin, first, later, dropped = console_dropped();
	char text[2000];

	memset(text, 'x', sizeof(text));
	fake_begin();
	begin = time_monotonic_ns();
	for (int i = 0; i < 10; i++)
		console_write(text, sizeof(text));
	first = time_monotonic_ns() - begin;
	begin = time_monotonic_ns();
	for (int i = 0; i < 100; i++)
		console_write(text, sizeof(text));
	log_error("a log line does not wait either");
	later = time_monotonic_ns() - begin;
	dropped = console_dropped() - dropped;
	/* Somebody comes: the ring and the backlog are there for him, and the gap is told. */
	for (int i = 0; i < 10; i++) {
		daemon_read();
		thread_yield();
	}
	console_write("back\n", 5);
	daemon_read();
	got[got_len < sizeof(got) ? got_len : sizeof(got) - 1] = '\0';
	fake_end();
	CHECK(first >= CONSOLE_PATIENCE_NS && first < 2 * CONSOLE_PATIENCE_NS);
	CHECK(later < 100 * TIME_MS);
	CHECK(dropped > 100 * sizeof(text));
	CHECK(got_len > 4096 && !strcmp(got + got_len - 6, "back\r\n"));
}

static void liar(void)
{
	static const XENCONS_RING_IDX lies[] = {1, 5000, 0x7fffffff, 0x80000000, 0xffffffff};
	char buf[64];

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		long read;

		fake_begin();
		fake.out_cons = lies[i];
		fake.in_prod = lies[i] < sizeof(fake.in) ? 5000 : lies[i];
		fake.in_cons = 0;
		console_write_nowait("hello\n", 6);
		console_flush(time_in(TIME_MS));
		read = console_read(buf, sizeof(buf), TIME_POLL);
		fake_end();
		CHECK(read < 0);
	}
	fake_begin();
	memcpy(fake.in, "typed\r", 6);
	fake.in_prod = 6;
	CHECK(console_readable() == 6);
	CHECK(console_read(buf, sizeof(buf), TIME_POLL) == 6 && !memcmp(buf, "typed\n", 6));
	CHECK(console_read(buf, sizeof(buf), time_in(TIME_MS)) == -ETIMEDOUT);
	fake_end();
}

int main(void)
{
	if (!boot_info.dom0)
		return verdict_skip("console", "a real daemon is there");
	if (!channel_make())
		return verdict_error("console", "no event channel");
	newlines();
	slow_daemon();
	no_daemon();
	liar();
	return verdict("console");
}
