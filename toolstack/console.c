/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "toolstack/console.h"
#include "toolstack/console_drain.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

#define TTY_SECONDS   10
#define DETACH_KEY    0x1d /* Ctrl-] */
#define DRAIN_SECONDS 5
#define STEP_NS	      (5 * UINT64_C(1000000)) /* between two looks at xenconsoled */

int console_find(struct xenstore *xenstore, uint32_t domid, char path[CONSOLE_PATH_SIZE],
		 uint64_t *gfn)
{
	uint64_t deadline = time_after_s(TTY_SECONDS);
	char node[64], *value;
	int error;

	*gfn = 0;
	snprintf(node, sizeof(node), "/local/domain/%u/console/ring-ref", domid);
	if (!xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, node, &value)) {
		if (!text_to_number(value, 1, UINT64_MAX, gfn))
			*gfn = 0;
		free(value);
	}
	snprintf(node, sizeof(node), "/local/domain/%u/console/tty", domid);
	error = xenstore_watch(xenstore, node, node);
	while (!error) {
		error = xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, node, &value);
		if (error && error != -ENOENT)
			break;
		if (!error) {
			snprintf(path, CONSOLE_PATH_SIZE, "%s", value);
			free(value);
			if (*path)
				break;
		}
		error = xenstore_event(xenstore, deadline, &value);
		if (!error)
			free(value);
	}
	xenstore_unwatch(xenstore, node, node);
	if (error && error != -ECANCELED)
		message_error("domain %u has no console: %s", domid,
			      error == -ETIMEDOUT ? "xenconsoled does not answer; is it running?"
						  : strerror(-error));
	return error;
}

/* The lock that xenconsole(1) takes as well; a file system without its place locks nothing. */
static int take_lock(uint32_t domid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/var/lock/xenconsole.%u", domid);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -EBUSY;
	}
	return fd;
}

int console_attach(struct console *console, uint32_t domid, const char *path, uint64_t gfn)
{
	struct termios mode;
	int error = 0;

	*console = (struct console){.tty = -1, .domid = domid, .gfn = gfn};
	console->lock = take_lock(domid);
	if (console->lock == -EBUSY) {
		message_error("somebody else is attached to the console of domain %u", domid);
		return -EBUSY;
	}
	console->tty = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (console->tty < 0 || tcgetattr(console->tty, &mode) < 0) {
		error = -errno;
	} else {
		cfmakeraw(&mode);
		if (tcsetattr(console->tty, TCSANOW, &mode) < 0)
			error = -errno;
	}
	if (error) {
		message_error("cannot open the console %s of domain %u: %s", path, domid,
			      strerror(-error));
		console_detach(console);
	}
	return error;
}

void console_detach(struct console *console)
{
	char path[64];

	if (console->tty >= 0)
		close(console->tty);
	if (console->lock >= 0) {
		snprintf(path, sizeof(path), "/var/lock/xenconsole.%u", console->domid);
		unlink(path);
		close(console->lock);
	}
	console->tty = console->lock = -1;
}

/* All of it, or -errno. */
static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		int error = wait_fd(fd, POLLOUT, TIME_FOREVER);
		ssize_t done;

		if (error)
			return error;
		done = write(fd, data, size);
		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (done > 0) {
			data += done;
			size -= (size_t)done;
		}
	}
	return 0;
}

/* Shows what the console has ready: bytes shown, 0 if none were, -EIO at its end. */
static int show(struct console *console)
{
	char data[4096];
	ssize_t got = read(console->tty, data, sizeof(data));
	int error;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EIO;
	if (!got)
		return -EIO;
	error = write_all(STDOUT_FILENO, data, (size_t)got);
	return error ? error : (int)got;
}

/*
 * The domain stands still, but its last words may be on their way. Reads until
 * there are none left: closing the terminal, which xenconsoled does when the
 * domain is destroyed, would throw away what has not been read by then.
 */
static void drain(struct console *console)
{
	uint64_t deadline = time_after_s(DRAIN_SECONDS);
	struct console_drain *state;

	if (console->tty < 0)
		return;
	state = console_drain_begin(console->domid, console->gfn);
	while (state) {
		bool drained = console_drained(state) || time_now_ns() >= deadline;
		/* Looked at before the terminal is: what came in between is seen there. */
		int error = wait_fd(console->tty, POLLIN, drained ? 0 : time_now_ns() + STEP_NS);

		if ((error == -ETIMEDOUT && drained) || (error && error != -ETIMEDOUT))
			break;
		if (!error && show(console) < 0)
			break;
	}
	console_drain_end(state);
}

struct session {
	struct console *console;
	int link;
	int input; /* stdin, -1 when it has ended */
	bool follow;
	bool left;
	bool ended;
	bool told;
	struct outcome *outcome;
};

/* Up to the detach key, whatever was typed goes to the domain. */
static void pass_input(struct session *session)
{
	char data[512];
	ssize_t got = read(session->input, data, sizeof(data));
	const char *key;

	if (got <= 0) {
		if (!got || (errno != EINTR && errno != EAGAIN))
			session->input = -1;
		return;
	}
	key = isatty(session->input) ? memchr(data, DETACH_KEY, (size_t)got) : NULL;
	if (key) {
		session->left = true;
		got = key - data;
	}
	/* That the terminal is closed shows when it is read next. */
	if (session->console->tty >= 0)
		write_all(session->console->tty, data, (size_t)got);
}

static void hear_monitor(struct session *session)
{
	char record[LINK_RECORD_SIZE], path[CONSOLE_PATH_SIZE];
	unsigned long long gfn;
	unsigned domid;
	int error = link_hear(session->link, record, time_now_ns());

	if (error == -ETIMEDOUT || error == -ECANCELED)
		return;
	if (error) {
		/* The monitor is gone without a word; the terminal tells the rest. */
		session->link = -1;
		session->ended = session->console->tty < 0;
	} else if (outcome_parse(record, session->outcome)) {
		drain(session->console);
		session->told = session->ended = true;
	} else if (!strncmp(record, "restarting ", 11)) {
		drain(session->console);
		console_detach(session->console);
		link_say(session->link, "go");
		session->ended = !session->follow;
	} else if (sscanf(record, "tty %u %63s %llu", &domid, path, &gfn) == 3) {
		console_detach(session->console);
		if (console_attach(session->console, domid, path, gfn))
			session->left = true;
		link_say(session->link, "go");
	}
}

static void converse(struct session *session)
{
	while (!session->left && !session->ended) {
		struct pollfd fds[] = {
			{.fd = session->console->tty, .events = POLLIN},
			{.fd = session->link, .events = POLLIN},
			{.fd = session->input, .events = POLLIN},
		};

		if (wait_ready(fds, 3, TIME_FOREVER)) {
			session->left = true;
			break;
		}
		if (fds[0].revents) {
			int shown = show(session->console);

			if (shown < 0) {
				console_detach(session->console);
				session->left = shown != -EIO;
				session->ended = session->link < 0;
				continue;
			}
		}
		if (fds[1].revents)
			hear_monitor(session);
		if (fds[2].revents)
			pass_input(session);
	}
}

enum console_end console_run(struct console *console, int link, bool follow,
			     struct outcome *outcome, bool *told)
{
	struct session session = {
		.console = console,
		.link = link,
		.follow = follow,
		.input = STDIN_FILENO,
		.outcome = outcome,
	};
	struct termios before, raw;
	bool terminal = !tcgetattr(STDIN_FILENO, &before);

	if (terminal) {
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	converse(&session);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	*told = session.told;
	return session.ended ? CONSOLE_ENDED : CONSOLE_LEFT;
}
