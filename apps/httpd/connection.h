/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client, from accept() to close().
 *
 *	         ┌───────────── answer sent, connection kept ─────────────┐
 *	         ▼                                                        │
 *	CONNECTION_RECEIVING ── request whole or refused ──> CONNECTION_SENDING
 *	         │ end, error, time                                       │ answer sent, to be closed
 *	         ▼                                                        ▼
 *	       gone <──── end, error, time, too much ──── CONNECTION_LINGERING
 *
 * Lingering: closing a socket with unread input resets the connection, and the reset may overtake
 * the answer.  So our side is shut down first, and what still comes is read and thrown away.
 *
 * Every state has a deadline that a client cannot push ahead by a trickle of bytes: a request must
 * be whole within the time-out, and every CONNECTION_PROGRESS bytes of an answer taken within four
 * of it.
 */
#ifndef HTTPD_CONNECTION_H
#define HTTPD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "apps/httpd/request.h"
#include "apps/httpd/response.h"

#define CONNECTION_INPUT    2048
#define CONNECTION_PROGRESS 4096

enum connection_state {
	CONNECTION_RECEIVING,
	CONNECTION_SENDING,
	CONNECTION_LINGERING,
};

struct connection {
	int fd;
	enum connection_state state;
	int64_t deadline; /* clock_ms() */
	struct request request;
	struct response response;
	bool pending;	 /* there was more to do when its turn was over */
	bool drained;	 /* in this turn the socket gave all that it had */
	size_t progress; /* bytes sent since the deadline was last set; lingering: thrown away */
	size_t input_size, input_used;
	char input[CONNECTION_INPUT];
};

struct connection_options {
	int64_t timeout_ms; /* to send a request, and to idle between two */
	bool quiet;	    /* no line on the console for each request */
};
extern struct connection_options connection_options;

/* Takes over fd, a connected socket in non-blocking mode.  NULL (and fd is closed): no memory. */
struct connection *connection_create(int fd);
void connection_destroy(struct connection *connection);

/* What to poll() for. */
short connection_events(const struct connection *connection);

/* The socket is ready; false when the connection has come to its end and is to be destroyed. */
bool connection_ready(struct connection *connection);

/* The deadline has passed; as above. */
bool connection_expired(struct connection *connection);

/* It waits for a request of which nothing has come: what a busy server may close first. */
bool connection_idle(const struct connection *connection);

#endif
