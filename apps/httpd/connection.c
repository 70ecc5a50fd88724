/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/httpd/clock.h"
#include "apps/httpd/connection.h"
#include "apps/httpd/resource.h"

/* Bytes of an answer given to the socket at once, and how often before others get their turn. */
#define CHUNK	      (16 * 1024)
#define CHUNKS_A_TURN 16

/* A lost packet is sent again after seconds, and again after more: this many time-outs. */
#define SENDING_TIMES 4

#define LINGER_MS     2000
#define LINGER_BYTES  (256 * 1024)

struct connection_options connection_options = {.timeout_ms = 15000};

/* What a step of a connection leads to. */
enum step {
	STEP_AGAIN, /* something was done, there may be more to do */
	STEP_WAIT,  /* for the socket */
	STEP_GONE,
};

static void deadline_set(struct connection *connection, int64_t ms)
{
	connection->deadline = clock_ms() + ms;
	connection->progress = 0;
}

struct connection *connection_create(int fd)
{
	struct connection *connection = malloc(sizeof(*connection));
	int on = 1;

	if (!connection) {
		close(fd);
		return NULL;
	}
	/* Answers are given to the socket in large pieces; the last must not wait for more. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	connection->fd = fd;
	connection->state = CONNECTION_RECEIVING;
	connection->pending = false;
	connection->drained = false;
	connection->input_size = 0;
	connection->input_used = 0;
	request_init(&connection->request);
	response_init(&connection->response);
	deadline_set(connection, connection_options.timeout_ms);
	return connection;
}

void connection_destroy(struct connection *connection)
{
	response_release(&connection->response);
	close(connection->fd);
	free(connection);
}

short connection_events(const struct connection *connection)
{
	/* Input that was read but not looked at yet makes no socket readable. */
	if (connection->pending)
		return POLLIN | POLLOUT;
	return connection->state == CONNECTION_SENDING ? POLLOUT : POLLIN;
}

bool connection_idle(const struct connection *connection)
{
	return connection->state == CONNECTION_RECEIVING &&
	       connection->request.state == REQUEST_EMPTY;
}

static void answer_start(struct connection *connection)
{
	const struct request *request = &connection->request;
	struct response *response = &connection->response;

	response->head_only = request->head_only;
	response->close = request->state == REQUEST_REFUSED || !request->keep_alive;
	if (request->state == REQUEST_REFUSED)
		resource_refuse(response, request->status);
	else
		resource_answer(request, response);
	connection->state = CONNECTION_SENDING;
	deadline_set(connection, SENDING_TIMES * connection_options.timeout_ms);
}

/* A socket that gave less than it was asked for has no more for now: poll() tells when it has. */
static ssize_t input_read(struct connection *connection)
{
	ssize_t n = recv(connection->fd, connection->input, sizeof(connection->input), 0);

	connection->drained = n > 0 && (size_t)n < sizeof(connection->input);
	return n;
}

static enum step receive(struct connection *connection)
{
	struct request *request = &connection->request;
	ssize_t n;

	if (connection->input_used < connection->input_size) {
		connection->input_used +=
			request_parse(request, connection->input + connection->input_used,
				      connection->input_size - connection->input_used);
		if (request->state == REQUEST_WHOLE || request->state == REQUEST_REFUSED)
			answer_start(connection);
		return STEP_AGAIN;
	}
	if (connection->drained)
		return STEP_WAIT;
	n = input_read(connection);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return STEP_WAIT;
	if (n <= 0)
		return STEP_GONE;
	/* The time for a request begins with its first byte. */
	if (connection_idle(connection))
		deadline_set(connection, connection_options.timeout_ms);
	connection->input_size = (size_t)n;
	connection->input_used = 0;
	return STEP_AGAIN;
}

static void answer_log(const struct connection *connection)
{
	const struct request *request = &connection->request;
	const struct response *response = &connection->response;

	/* llhttp lets no control character into a target. */
	if (!connection_options.quiet)
		printf("httpd: %d %" PRIu64 " %s\n", response->status, response->body_size,
		       request->target_size > 0 ? request->target : "-");
}

static void answer_end(struct connection *connection)
{
	bool last = connection->response.close;

	answer_log(connection);
	response_release(&connection->response);
	if (last) {
		shutdown(connection->fd, SHUT_WR);
		connection->state = CONNECTION_LINGERING;
		deadline_set(connection, LINGER_MS);
		return;
	}
	request_next(&connection->request);
	connection->state = CONNECTION_RECEIVING;
	deadline_set(connection, connection_options.timeout_ms);
}

static enum step transmit(struct connection *connection)
{
	/* One buffer for all: what the socket does not take is read from the file again. */
	static char chunk[CHUNK];
	struct response *response = &connection->response;
	ssize_t size = response_read(response, chunk, sizeof(chunk)), n;

	if (size < 0)
		return STEP_GONE;
	if (size == 0) {
		answer_end(connection);
		return STEP_AGAIN;
	}
	n = send(connection->fd, chunk, (size_t)size, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? STEP_WAIT : STEP_GONE;
	response_advance(response, (size_t)n);
	connection->progress += (size_t)n;
	if (connection->progress >= CONNECTION_PROGRESS)
		deadline_set(connection, SENDING_TIMES * connection_options.timeout_ms);
	if (response_left(response) == 0)
		answer_end(connection);
	return n == size ? STEP_AGAIN : STEP_WAIT;
}

static enum step linger(struct connection *connection)
{
	ssize_t n;

	if (connection->drained)
		return STEP_WAIT;
	n = input_read(connection);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return STEP_WAIT;
	if (n <= 0)
		return STEP_GONE;
	connection->progress += (size_t)n;
	return connection->progress > LINGER_BYTES ? STEP_GONE : STEP_AGAIN;
}

static enum step step(struct connection *connection)
{
	switch (connection->state) {
	case CONNECTION_RECEIVING:
		return receive(connection);
	case CONNECTION_SENDING:
		return transmit(connection);
	default:
		return linger(connection);
	}
}

bool connection_ready(struct connection *connection)
{
	enum step outcome = STEP_AGAIN;

	connection->drained = false;
	for (int turn = 0; turn < CHUNKS_A_TURN && outcome == STEP_AGAIN; turn++)
		outcome = step(connection);
	connection->pending = outcome == STEP_AGAIN;
	return outcome != STEP_GONE;
}

bool connection_expired(struct connection *connection)
{
	if (connection->state != CONNECTION_RECEIVING || connection_idle(connection))
		return false;
	request_refuse(&connection->request, 408);
	answer_start(connection);
	return connection_ready(connection);
}
