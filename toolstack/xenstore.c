/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "toolstack/text.h"
#include "toolstack/wait.h"
#include "toolstack/xenstore.h"
#include "toolstack/xenstore_wire.h"

#define REPLY_SECONDS 10
#define EVENTS_MAX    1024

struct event {
	struct event *next;
	char token[];
};

struct xenstore {
	int fd; /* -1 once the conversation broke down */
	size_t held;
	char received[16384]; /* `held' bytes of it: what was read and not yet looked at */
	struct event *events; /* that arrived while a reply was awaited, oldest first */
	struct event **events_end;
	unsigned event_count;
};

static int connect_socket(void)
{
	const char *path = getenv("XENSTORED_PATH");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 path ? path : "/run/xenstored/socket");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/*
 * On a busy processor every reply to a batch would wake this process, run it for
 * a moment and switch back to xenstored: twice the cost of the request itself. A
 * batch process does not preempt whoever wakes it, and so finds all replies at
 * once. Programs that are started from here are spared it.
 */
static void yield_to_store(void)
{
	struct sched_param none = {0};

	sched_setscheduler(0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none);
}

int xenstore_open(struct xenstore **result)
{
	struct xenstore *xenstore = calloc(1, sizeof(*xenstore));

	*result = NULL;
	if (!xenstore)
		return -ENOMEM;
	xenstore->events_end = &xenstore->events;
	xenstore->fd = connect_socket();
	if (xenstore->fd < 0) {
		int error = xenstore->fd;

		/* The store may be a domain: then the kernel passes messages on. */
		xenstore->fd = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (xenstore->fd < 0) {
			free(xenstore);
			return error;
		}
	}
	yield_to_store();
	*result = xenstore;
	return 0;
}

void xenstore_close(struct xenstore *xenstore)
{
	if (!xenstore)
		return;
	while (xenstore->events) {
		struct event *event = xenstore->events;

		xenstore->events = event->next;
		free(event);
	}
	if (xenstore->fd >= 0)
		close(xenstore->fd);
	free(xenstore);
}

int xenstore_fd(const struct xenstore *xenstore)
{
	return xenstore->fd;
}

/* Requests and replies are out of step from here on: nothing more can be said. */
static int break_off(struct xenstore *xenstore, int error)
{
	if (xenstore->fd >= 0)
		close(xenstore->fd);
	xenstore->fd = -1;
	return error;
}

static int receive_some(struct xenstore *xenstore)
{
	ssize_t got = read(xenstore->fd, xenstore->received + xenstore->held,
			   sizeof(xenstore->received) - xenstore->held);

	if (got < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!got)
		return -ECONNRESET;
	xenstore->held += (size_t)got;
	return 0;
}

/* Payload of an event: the path, NUL, the token, NUL. */
static void queue_event(struct xenstore *xenstore, const char *payload, size_t size)
{
	const char *nul = memchr(payload, '\0', size);
	size_t token;
	struct event *event;

	/* An event repeats until it is looked into: a flood of them may lose some. */
	if (!nul || xenstore->event_count >= EVENTS_MAX)
		return;
	token = size - (size_t)(nul + 1 - payload);
	event = malloc(sizeof(*event) + token + 1);
	if (!event)
		return;
	event->next = NULL;
	memcpy(event->token, nul + 1, token);
	event->token[token] = '\0';
	*xenstore->events_end = event;
	xenstore->events_end = &event->next;
	xenstore->event_count++;
}

static void drop_message(struct xenstore *xenstore, int length)
{
	xenstore->held -= (size_t)length;
	memmove(xenstore->received, xenstore->received + length, xenstore->held);
}

/* Queues the events at the front; then says whether a reply is there (its length) or not (0). */
static int next_reply(struct xenstore *xenstore, struct xsd_sockmsg *header)
{
	for (;;) {
		int length = wire_parse(xenstore->received, xenstore->held, header);

		if (length <= 0 || header->type != XS_WATCH_EVENT)
			return length;
		queue_event(xenstore, xenstore->received + sizeof(*header), header->len);
		drop_message(xenstore, length);
	}
}

/* A reply arrived whole at the front of `received': hands it over and drops it. */
static void hand_over(struct xenstore *xenstore, const struct xsd_sockmsg *header, int length,
		      xenstore_reply_fn reply, void *context)
{
	char payload[XENSTORE_PAYLOAD_MAX + 1];
	int error = 0;

	memcpy(payload, xenstore->received + sizeof(*header), header->len);
	payload[header->len] = '\0';
	if (header->type == XS_ERROR)
		error = wire_error(payload, header->len);
	drop_message(xenstore, length);
	if (reply)
		reply(context, header->req_id - 1, error, payload, header->len);
}

int xenstore_batch_run(struct xenstore *xenstore, struct xenstore_batch *batch,
		       xenstore_reply_fn reply, void *context)
{
	size_t sent = 0;
	unsigned replies = 0, expected = batch->count;
	uint64_t deadline = time_after_s(REPLY_SECONDS);
	bool shielded_before = wait_shield(true);
	int error = 0;

	wait_shield(shielded_before);
	if (batch->failed)
		error = -ENOMEM;
	else if (xenstore->fd < 0)
		error = -ENOTCONN;

	while (!error && replies < expected) {
		struct xsd_sockmsg header;
		int length;

		if (sent < batch->size) {
			ssize_t done = write(xenstore->fd, batch->data + sent, batch->size - sent);

			if (done > 0)
				sent += (size_t)done;
			else if (errno != EAGAIN && errno != EINTR)
				error = break_off(xenstore, -errno);
		}
		while (!error && (length = next_reply(xenstore, &header)) != 0) {
			if (length < 0 || header.req_id != replies + 1 || replies == expected) {
				error = break_off(xenstore, -EPROTO);
				break;
			}
			hand_over(xenstore, &header, length, reply, context);
			replies++;
			deadline = time_after_s(REPLY_SECONDS);
		}
		if (error || replies == expected)
			break;
		error = receive_some(xenstore);
		if (error == -EAGAIN)
			error = wait_fd(xenstore->fd,
					(short)(POLLIN | (sent < batch->size ? POLLOUT : 0)),
					deadline);
		if (error == -ECANCELED) {
			/* The caller notices at its next step; what was asked is heard out. */
			wait_shield(true);
			deadline = time_after_s(1);
			error = 0;
		}
		if (error)
			break_off(xenstore, error);
	}
	wait_shield(shielded_before);
	free(batch->data);
	*batch = (struct xenstore_batch){0};
	return error;
}

/* What a single request leaves behind. */
struct single {
	int error;
	char *payload;
	size_t size;
};

static void keep_single(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct single *single = context;

	(void)index;
	single->error = error;
	if (error)
		return;
	single->payload = malloc(size + 1);
	if (single->payload)
		memcpy(single->payload, payload, size + 1);
	else
		single->error = -ENOMEM;
	single->size = size;
}

/* One request, one reply: its payload for the caller to free, or NULL to throw it away. */
static int request(struct xenstore *xenstore, uint32_t type, uint32_t transaction,
		   const char *const parts[], size_t count, char **payload, size_t *size)
{
	struct xenstore_batch batch = {0};
	struct single single = {0};
	int error;

	wire_append(&batch, type, transaction, parts, count);
	error = xenstore_batch_run(xenstore, &batch, keep_single, &single);
	if (!error)
		error = single.error;
	if (!error && size)
		*size = single.size;
	if (!error && payload)
		*payload = single.payload;
	else
		free(single.payload);
	return error;
}

int xenstore_read(struct xenstore *xenstore, uint32_t transaction, const char *path, char **value)
{
	return request(xenstore, XS_READ, transaction, (const char *[]){path}, 1, value, NULL);
}

int xenstore_write(struct xenstore *xenstore, uint32_t transaction, const char *path,
		   const char *value)
{
	return request(xenstore, XS_WRITE, transaction, (const char *[]){path, value}, 2, NULL,
		       NULL);
}

int xenstore_remove(struct xenstore *xenstore, uint32_t transaction, const char *path)
{
	int error = request(xenstore, XS_RM, transaction, (const char *[]){path}, 1, NULL, NULL);

	return error == -ENOENT ? 0 : error;
}

int xenstore_list(struct xenstore *xenstore, uint32_t transaction, const char *path, char **names,
		  size_t *size)
{
	return request(xenstore, XS_DIRECTORY, transaction, (const char *[]){path}, 1, names, size);
}

int xenstore_transaction_start(struct xenstore *xenstore, uint32_t *transaction)
{
	char *text;
	uint64_t number;
	int error =
		request(xenstore, XS_TRANSACTION_START, 0, (const char *[]){""}, 1, &text, NULL);

	if (error)
		return error;
	if (text_to_number(text, 1, UINT32_MAX, &number))
		*transaction = (uint32_t)number;
	else
		error = -EPROTO;
	free(text);
	return error;
}

int xenstore_transaction_end(struct xenstore *xenstore, uint32_t transaction, bool commit)
{
	return request(xenstore, XS_TRANSACTION_END, transaction,
		       (const char *[]){commit ? "T" : "F"}, 1, NULL, NULL);
}

int xenstore_introduce(struct xenstore *xenstore, uint32_t domid, uint64_t gfn, uint32_t port)
{
	char id[16], frame[24], channel[16];

	snprintf(id, sizeof(id), "%u", domid);
	snprintf(frame, sizeof(frame), "%llu", (unsigned long long)gfn);
	snprintf(channel, sizeof(channel), "%u", port);
	return request(xenstore, XS_INTRODUCE, 0, (const char *[]){id, frame, channel}, 3, NULL,
		       NULL);
}

int xenstore_watch(struct xenstore *xenstore, const char *path, const char *token)
{
	return request(xenstore, XS_WATCH, 0, (const char *[]){path, token}, 2, NULL, NULL);
}

int xenstore_unwatch(struct xenstore *xenstore, const char *path, const char *token)
{
	return request(xenstore, XS_UNWATCH, 0, (const char *[]){path, token}, 2, NULL, NULL);
}

int xenstore_event(struct xenstore *xenstore, uint64_t deadline_ns, char **token)
{
	for (;;) {
		struct xsd_sockmsg header;
		struct event *event;
		int error;

		if (xenstore->fd < 0)
			return -ENOTCONN;
		if (next_reply(xenstore, &header) != 0)
			return break_off(xenstore, -EPROTO); /* a reply that nobody asked for */
		event = xenstore->events;
		if (event) {
			*token = strdup(event->token);
			if (!*token)
				return -ENOMEM;
			xenstore->events = event->next;
			if (!xenstore->events)
				xenstore->events_end = &xenstore->events;
			xenstore->event_count--;
			free(event);
			return 0;
		}
		error = receive_some(xenstore);
		if (error == -EAGAIN) {
			error = wait_fd(xenstore->fd, POLLIN, deadline_ns);
			if (error)
				return error;
		} else if (error) {
			return break_off(xenstore, error);
		}
	}
}

void xenstore_batch_read(struct xenstore_batch *batch, uint32_t transaction, const char *path)
{
	wire_append(batch, XS_READ, transaction, (const char *[]){path}, 1);
}

void xenstore_batch_get_perms(struct xenstore_batch *batch, uint32_t transaction, const char *path)
{
	wire_append(batch, XS_GET_PERMS, transaction, (const char *[]){path}, 1);
}

void xenstore_batch_write(struct xenstore_batch *batch, uint32_t transaction, const char *path,
			  const char *value)
{
	wire_append(batch, XS_WRITE, transaction, (const char *[]){path, value}, 2);
}

void xenstore_batch_remove(struct xenstore_batch *batch, uint32_t transaction, const char *path)
{
	wire_append(batch, XS_RM, transaction, (const char *[]){path}, 1);
}

void xenstore_batch_set_perms(struct xenstore_batch *batch, uint32_t transaction, const char *path,
			      const char *perms)
{
	const char *parts[8] = {path};
	char copy[128];
	size_t count = 1;
	char *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", perms);
	while (count < sizeof(parts) / sizeof(parts[0]) && (word = strsep(&rest, " ")))
		parts[count++] = word;
	wire_append(batch, XS_SET_PERMS, transaction, parts, count);
}

void xenstore_batch_end(struct xenstore_batch *batch, uint32_t transaction)
{
	wire_append(batch, XS_TRANSACTION_END, transaction, (const char *[]){"T"}, 1);
}
