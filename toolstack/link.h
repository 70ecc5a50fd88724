/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line between a domain's monitor and whoever waits for the domain: the
 * `lodge create -c' that started it (a socket pair), and any `lodge wait' or
 * `lodge console' later on (a socket in the abstract name space, named after the
 * domain). Records of text, one a packet:
 *
 *	the monitor says	meaning			and is answered
 *	tty DOMID PATH GFN	a console to attach to	go
 *	restarting REASON	another life follows	go, when the console has been read
 *	ended REASON STATUS	the domain is done	go, likewise
 *	(hang-up)		all of it has been cleared away
 *
 * The monitor waits a bounded time for each answer before it takes the domain
 * away. A creator that hangs up instead of attaching calls the domain off.
 */
#ifndef TOOLSTACK_LINK_H
#define TOOLSTACK_LINK_H

#include <stddef.h>
#include <stdint.h>

#define LINK_RECORD_SIZE 1024

/* A connected pair: 0 or -errno. */
int link_pair(int fds[2]);

/* The monitor's listening socket of a domain: >= 0 or -errno. */
int link_listen(uint32_t domid);
/* The next client, if it is root like us: >= 0; -EAGAIN if there is none; -errno. */
int link_accept(int listener);

/* Connects to the monitor of the domain: >= 0; -ENOENT if it has none; -errno. */
int link_connect(uint32_t domid);

/* A record that the other side has no room for is not sent: -EAGAIN. */
int link_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The next record, waited for: 0; -ECONNRESET when the other side has hung up;
 * -ETIMEDOUT, -ECANCELED, -errno.
 */
int link_hear(int fd, char record[LINK_RECORD_SIZE], uint64_t deadline_ns);

/*
 * Answers whatever the monitor still says and waits until it has hung up, that
 * is, until nothing is left of the domain; then closes the line.
 */
void link_see_out(int fd);

#endif
