/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/device.h"
#include "toolstack/message.h"
#include "toolstack/nodes.h"
#include "toolstack/script.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

#define PATH_SIZE     96
#define CLOSE_SECONDS 10
#define STATE_CLOSED  "6"

static const char *const kinds[] = {"vif", "vbd"};

static void back_path(char path[PATH_SIZE], const char *kind, uint32_t domid, unsigned device,
		      const char *node)
{
	snprintf(path, PATH_SIZE, "/local/domain/0/backend/%s/%u/%u%s%s", kind, domid, device,
		 *node ? "/" : "", node);
}

/* The back end's state: 0 if it cannot be told, -ENOENT if there is no back end. */
static int read_state(struct xenstore *xenstore, const char *path)
{
	uint64_t state = 0;
	char *text;
	int error = xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &text);

	if (error)
		return error;
	if (!text_to_number(text, 0, 8, &state))
		state = 0;
	free(text);
	return (int)state;
}

int device_wait_backend(struct xenstore *xenstore, const char *kind, uint32_t domid,
			unsigned device, unsigned state, uint64_t deadline_ns)
{
	char path[PATH_SIZE];
	int error;

	back_path(path, kind, domid, device, "state");
	/* A watch fires once at its registration: nothing is missed between the two. */
	error = xenstore_watch(xenstore, path, path);
	while (!error) {
		char *token;
		int now = read_state(xenstore, path);

		if (now == -ENOENT)
			error = state == BACKEND_CLOSED ? 0 : -ENODEV;
		else if (now < 0)
			error = now;
		else if ((unsigned)now >= BACKEND_CLOSING && state < BACKEND_CLOSING)
			error = -ENODEV;
		if (error || now == -ENOENT || (unsigned)now >= state)
			break;
		error = xenstore_event(xenstore, deadline_ns, &token);
		if (!error)
			free(token);
	}
	xenstore_unwatch(xenstore, path, path);
	return error;
}

/* A device that is on its way out. */
struct leaving {
	const char *kind;
	unsigned device;
	char *script; /* or NULL */
};

struct leavers {
	struct leaving list[64];
	size_t count;
};

static int find_leavers(struct xenstore *xenstore, uint32_t domid, struct leavers *leavers)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		char path[PATH_SIZE];
		char *names;
		size_t size = 0;
		int error;

		snprintf(path, sizeof(path), "/local/domain/0/backend/%s/%u", kinds[k], domid);
		error = xenstore_list(xenstore, XENSTORE_NO_TRANSACTION, path, &names, &size);
		if (error == -ENOENT)
			continue;
		if (error)
			return error;
		for (const char *name = names; name < names + size; name += strlen(name) + 1) {
			struct leaving *leaving = &leavers->list[leavers->count];
			uint64_t number;

			if (!text_to_number(name, 0, UINT32_MAX, &number) ||
			    leavers->count == sizeof(leavers->list) / sizeof(leavers->list[0]))
				continue;
			leavers->count++;
			*leaving = (struct leaving){.kind = kinds[k], .device = (unsigned)number};
			back_path(path, kinds[k], domid, leaving->device, "script");
			if (xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path,
					  &leaving->script))
				leaving->script = NULL;
		}
		free(names);
	}
	return 0;
}

/*
 * Says in the guest's stead that the front end is closed: a back end then lets go
 * of rings, grants and devices and follows to Closed, whatever state the guest
 * left behind. (Removing the front end's directory works as well, but blkback
 * then goes without writing its last state, which leaves nothing to wait for.)
 */
static int ask_to_leave(struct xenstore *xenstore, uint32_t domid, const struct leavers *leavers)
{
	struct xenstore_batch batch = {0};

	for (size_t i = 0; i < leavers->count; i++) {
		const struct leaving *leaving = &leavers->list[i];
		char path[PATH_SIZE];

		back_path(path, leaving->kind, domid, leaving->device, "online");
		xenstore_batch_write(&batch, XENSTORE_NO_TRANSACTION, path, "0");
		snprintf(path, sizeof(path), "/local/domain/%u/device/%s/%u/state", domid,
			 leaving->kind, leaving->device);
		xenstore_batch_write(&batch, XENSTORE_NO_TRANSACTION, path, STATE_CLOSED);
	}
	return xenstore_batch_run(xenstore, &batch, NULL, NULL);
}

int device_remove_all(struct xenstore *xenstore, uint32_t domid)
{
	struct leavers leavers = {.count = 0};
	uint64_t deadline = time_after_s(CLOSE_SECONDS);
	int error = find_leavers(xenstore, domid, &leavers);

	if (!error && leavers.count)
		error = ask_to_leave(xenstore, domid, &leavers);
	for (size_t i = 0; i < leavers.count; i++) {
		struct leaving *leaving = &leavers.list[i];
		char path[PATH_SIZE];

		if (!error) {
			int closed = device_wait_backend(xenstore, leaving->kind, domid,
							 leaving->device, BACKEND_CLOSED, deadline);

			if (closed == -ETIMEDOUT)
				message_warn("the back end of %s %u of domain %u does not close; "
					     "removing it",
					     leaving->kind, leaving->device, domid);
			else
				error = closed;
		}
		if (!error && leaving->script && *leaving->script == '/' &&
		    strcmp(leaving->script, NODES_NO_SCRIPT))
			script_run(leaving->script, leaving->kind, domid, leaving->device, false);
		if (!error) {
			back_path(path, leaving->kind, domid, leaving->device, "");
			error = xenstore_remove(xenstore, XENSTORE_NO_TRANSACTION, path);
		}
		free(leaving->script);
	}
	return error;
}
