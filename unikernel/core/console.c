/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output goes by way of the backlog, always, so that there is one path and one order:
 *
 *	console_write ──┐                          xenconsoled
 *	                ├─> backlog ──> ring page ────────────> log, terminal
 *	log, panic    ──┘   (4 KiB)     (2 KiB)
 *
 * The arrow in the middle is pushed by every write and by every notification of the daemon's.
 */
#include "unikernel/core/console.h"

#include <errno.h>
#include <stdbool.h>

#include <xen/io/console.h>

#include "hypercall/hypercall.h"
#include "hypercall/ring.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/console_ring.h"
#include "unikernel/core/evtchn.h"
#include "unikernel/core/format.h"
#include "unikernel/core/waitq.h"

#define BACKLOG_SIZE 4096u

static struct {
	char backlog[BACKLOG_SIZE];
	ring_idx_t prod, cons;	    /* of the backlog, as in hypercall/ring.h */
	struct waitq writers;	    /* for room in the backlog */
	struct waitq readers;	    /* for input */
	bool unread;		    /* nobody took anything for CONSOLE_PATIENCE_NS */
	uint64_t dropped, reported; /* bytes; how many of them the reader has been told of */
} console;

void (*console_input_hook)(void);

static ring_idx_t backlog_room(void)
{
	return ring_free(console.prod, console.cons, BACKLOG_SIZE);
}

static void backlog_put(char c)
{
	console.backlog[ring_slot(console.prod++, BACKLOG_SIZE)] = c;
}

/* Hands len bytes to whoever shows them; how many it took. */
static size_t send(const char *buf, size_t len)
{
	if (boot_info.dom0)
		return hypercall_console_write(buf, (unsigned int)len) ? 0 : len;
	return boot_info.console ? console_ring_put(boot_info.console, buf, len) : len;
}

/* Moves what the ring has room for; whether that was anything. */
static bool push(void)
{
	bool moved = false;

	while (console.prod != console.cons) {
		ring_idx_t piece =
			ring_piece(console.cons, console.prod - console.cons, BACKLOG_SIZE);
		size_t sent = send(&console.backlog[ring_slot(console.cons, BACKLOG_SIZE)], piece);

		console.cons += (ring_idx_t)sent;
		moved |= sent != 0;
		if (sent < piece)
			break;
	}
	if (moved) {
		console.unread = false;
		evtchn_notify(boot_info.console_port);
	}
	return moved;
}

/* As many bytes of buf as the backlog has room for, in the terminal's spelling; how many. */
static size_t backlog_add(const char *buf, size_t len)
{
	size_t i = 0;

	for (; i < len && backlog_room() >= 2; i++) {
		if (buf[i] == '\n')
			backlog_put('\r');
		backlog_put(buf[i]);
	}
	return i;
}

/* Bytes were lost here: says so, as soon as there is room for the words. */
static void report_dropped(void)
{
	char text[64];
	int length;

	if (console.dropped == console.reported || backlog_room() < 2 * sizeof(text))
		return;
	length = format(text, sizeof(text), "\n[lodger: %llu bytes of output dropped]\n",
			(unsigned long long)(console.dropped - console.reported));
	console.reported = console.dropped;
	backlog_add(text, (size_t)length);
}

void console_write_nowait(const char *buf, size_t len)
{
	size_t added;

	report_dropped();
	added = backlog_add(buf, len);
	push();
	added += backlog_add(buf + added, len - added); /* into what push() made room for */
	push();
	console.dropped += len - added;
}

void console_write(const char *buf, size_t len)
{
	while (len) {
		size_t added;

		report_dropped();
		added = backlog_add(buf, len);
		buf += added;
		len -= added;
		if (push() || added || !len)
			continue;
		if (!console.unread && waitq_wait_until(&console.writers, backlog_room() >= 2,
							time_in(CONSOLE_PATIENCE_NS)))
			console.unread = true;
		if (console.unread) {
			console.dropped += len;
			return;
		}
	}
}

static void console_event(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	push();
	if (backlog_room() >= 2)
		waitq_wake_all(&console.writers);
	if (console_readable()) {
		waitq_wake_all(&console.readers);
		if (console_input_hook)
			console_input_hook();
	}
}

size_t console_readable(void)
{
	return boot_info.console ? console_ring_readable(boot_info.console) : 0;
}

long console_read(char *buf, size_t len, uint64_t deadline_ns)
{
	size_t n;
	int err;

	if (!boot_info.console)
		return -ENODEV;
	err = waitq_wait_until(&console.readers, console_readable(), deadline_ns);
	if (err)
		return err;
	n = console_ring_get(boot_info.console, buf, len);
	evtchn_notify(boot_info.console_port);
	for (size_t i = 0; i < n; i++)
		if (buf[i] == '\r')
			buf[i] = '\n';
	return (long)n;
}

struct waitq *console_input_waitq(void)
{
	return &console.readers;
}

/* Moves what there is room for; whether there is more to wait for, and somebody who takes it. */
static bool push_all(void)
{
	push();
	return !console.unread && (console.prod != console.cons ||
				   (boot_info.console && !console_ring_drained(boot_info.console)));
}

void console_flush(uint64_t deadline_ns)
{
	/* Counted as well, for a panic before shared_info is mapped, when time stands still. */
	for (int i = 0; i < 1000 && push_all() && time_monotonic_ns() < deadline_ns; i++)
		evtchn_wait_port(boot_info.console_port, deadline_ns);
}

uint64_t console_dropped(void)
{
	return console.dropped;
}

void console_init(void)
{
	/* No port (a console of dom0's, or none): every notify then is refused, and no harm. */
	evtchn_set_handler(boot_info.console_port, console_event, NULL);
}
