/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/watch.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/format.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/request.h"

#define STACK_SIZE (16 * 1024)

static struct {
	struct thread *thread;
	struct xenbus_watch *live;    /* set with xenstored */
	struct xenbus_watch *due;     /* … and waiting for the thread, first come first served */
	struct xenbus_watch *running; /* whose callback the thread is in */
	struct waitq work;	      /* the thread waits here for something due */
	struct waitq idle;	      /* xenbus_unwatch waits here for a callback to end */
	uint32_t last_token;
} watches = {.work = WAITQ_INIT, .idle = WAITQ_INIT};

static void watch_unlink(struct xenbus_watch *watch)
{
	struct xenbus_watch **at;

	for (at = &watches.live; *at != NULL && *at != watch; at = &(*at)->next_live)
		;
	if (*at != NULL)
		*at = watch->next_live;
	for (at = &watches.due; *at != NULL && *at != watch; at = &(*at)->next_due)
		;
	if (*at != NULL)
		*at = watch->next_due;
	watch->due = false;
}

/* In the event handler. The payload is path NUL token NUL, from xenstored: believe nothing. */
static void watch_event(const char *payload, size_t len)
{
	size_t at = 0;
	uint64_t token;
	const char *path = wire_string(payload, len, &at);
	const char *text = wire_string(payload, len, &at);
	struct xenbus_watch *watch = NULL;

	if (path != NULL && text != NULL && wire_number(text, &token))
		for (watch = watches.live; watch != NULL; watch = watch->next_live)
			if (watch->token == token)
				break;
	if (watch == NULL || watch->due ||
	    (watch->concerns != NULL && !watch->concerns(watch, path))) {
		request_stats.watch_drops++;
		return;
	}
	request_stats.watch_events++;

	struct xenbus_watch **last = &watches.due;
	while (*last != NULL)
		last = &(*last)->next_due;
	*last = watch;
	watch->next_due = NULL;
	watch->due = true;
	waitq_wake_one(&watches.work);
}

static void watch_thread(void *arg)
{
	(void)arg;
	for (;;) {
		waitq_wait_until(&watches.work, watches.due != NULL, TIME_FOREVER);

		struct xenbus_watch *watch = watches.due;
		watches.due = watch->next_due;
		/* Before the callback, so that what changes while it looks makes it look again. */
		watch->due = false;
		watches.running = watch;
		watch->changed(watch);
		watches.running = NULL;
		waitq_wake_all(&watches.idle);
	}
}

static int watch_request(uint32_t type, const struct xenbus_watch *watch)
{
	char token[12];

	format(token, sizeof(token), "%u", watch->token);
	struct wire_part part[] = {{watch->path, strlen(watch->path) + 1},
				   {token, strlen(token) + 1}};
	return request_finish(request_start(type, XENBUS_NO_TX, part, 2), NULL, NULL);
}

int xenbus_watch(struct xenbus_watch *watch)
{
	if (watches.thread == NULL) {
		watches.thread = thread_create("xenwatch", watch_thread, NULL, STACK_SIZE);
		if (watches.thread == NULL)
			return -ENOMEM;
		request_on_watch_event(watch_event);
	}

	/* In the list before the request: the first event may overtake the reply. */
	watch->token = ++watches.last_token;
	watch->due = false;
	watch->next_live = watches.live;
	watches.live = watch;

	int error = watch_request(XS_WATCH, watch);
	if (error != 0)
		xenbus_unwatch(watch);
	return error;
}

int xenbus_unwatch(struct xenbus_watch *watch)
{
	watch_unlink(watch);
	int error = watch_request(XS_UNWATCH, watch);
	if (thread_current() != watches.thread)
		waitq_wait_until(&watches.idle, watches.running != watch, TIME_FOREVER);
	return error;
}
