/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/device.h"
#include "toolstack/disk_loop.h"
#include "toolstack/loop.h"
#include "toolstack/message.h"
#include "toolstack/nodes.h"
#include "toolstack/nodes_remove.h"
#include "toolstack/script.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

#define PATH_SIZE     96
#define CLOSE_SECONDS 10
/* How long the kernel has for letting go of what its back end is done with. */
#define RELEASE_SECONDS 5
#define STATE_CLOSING	"5"
#define STATE_CLOSED	"6"

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
	int loop;     /* the number of its loop device, which is to free itself; negative: none */
};

struct leavers {
	struct leaving list[64];
	size_t count;
};

/* What is known of one, with the script that saw it in and is to see it out. */
static void note_leaver(struct xenstore *xenstore, struct leaving *leaving, const char *kind,
			uint32_t domid, unsigned device)
{
	char path[PATH_SIZE];

	*leaving = (struct leaving){.kind = kind, .device = device, .loop = -ENOENT};
	back_path(path, kind, domid, device, "script");
	if (xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &leaving->script))
		leaving->script = NULL;
}

/* The script of a disk with a loop device of lodge's would do no more than what is done here. */
static void see_out(struct xenstore *xenstore, struct leaving *leaving, uint32_t domid)
{
	if (!strcmp(leaving->kind, "vbd"))
		leaving->loop = disk_loop_release(xenstore, domid, leaving->device);
	if (leaving->loop == -ENOENT && leaving->script && *leaving->script == '/' &&
	    strcmp(leaving->script, NODES_NO_SCRIPT))
		script_run(leaving->script, leaving->kind, domid, leaving->device, false);
}

/* The file is free, and may be attached again, once this has returned. */
static void await_released(const struct leaving *leaving, uint32_t domid)
{
	if (leaving->loop >= 0 &&
	    loop_wait(leaving->loop, time_after_s(RELEASE_SECONDS)) == -ETIMEDOUT)
		message_warn("/dev/loop%d, which was behind disk %u of domain %u, is still in use",
			     leaving->loop, leaving->device, domid);
}

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
			note_leaver(xenstore, leaving, kinds[k], domid, (unsigned)number);
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

/* A back end that does not close is told of, and then given up. */
static int await_closed(struct xenstore *xenstore, const struct leaving *leaving, uint32_t domid,
			uint64_t deadline)
{
	int error = device_wait_backend(xenstore, leaving->kind, domid, leaving->device,
					BACKEND_CLOSED, deadline);

	if (error != -ETIMEDOUT)
		return error;
	message_warn("the back end of %s %u of domain %u does not close; removing it",
		     leaving->kind, leaving->device, domid);
	return 0;
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

		if (!error)
			error = await_closed(xenstore, leaving, domid, deadline);
		if (!error) {
			see_out(xenstore, leaving, domid);
			back_path(path, leaving->kind, domid, leaving->device, "");
			error = xenstore_remove(xenstore, XENSTORE_NO_TRANSACTION, path);
		}
		free(leaving->script);
	}
	for (size_t i = 0; i < leavers.count; i++)
		await_released(&leavers.list[i], domid);
	return error;
}

/*
 * By way of the back end's state, which the front end follows; once that is Closed, the back end
 * is, and being no longer "online" does not begin anew. A back end that is Closed already has
 * nothing to say to anybody.
 */
int device_ask_out(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device,
		   uint64_t deadline_ns)
{
	struct xenstore_batch batch = {0};
	char path[PATH_SIZE];
	int state, error;

	back_path(path, kind, domid, device, "state");
	state = read_state(xenstore, path);
	if (state < 0)
		return state == -ENOENT ? -ENODEV : state;
	back_path(path, kind, domid, device, "online");
	xenstore_batch_write(&batch, XENSTORE_NO_TRANSACTION, path, "0");
	if ((unsigned)state < BACKEND_CLOSING) {
		back_path(path, kind, domid, device, "state");
		xenstore_batch_write(&batch, XENSTORE_NO_TRANSACTION, path, STATE_CLOSING);
	}
	error = xenstore_batch_run(xenstore, &batch, NULL, NULL);
	if (!error)
		error = device_wait_backend(xenstore, kind, domid, device, BACKEND_CLOSED,
					    deadline_ns);
	return error;
}

int device_put_out(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device)
{
	struct leavers one = {.count = 1};
	int error;

	one.list[0] = (struct leaving){.kind = kind, .device = device};
	error = ask_to_leave(xenstore, domid, &one);
	if (!error)
		error = await_closed(xenstore, &one.list[0], domid, time_after_s(CLOSE_SECONDS));
	return error;
}

/*
 * Another of the same number that came before the kernel is done with this one would be taken for it, and
 * get no back end.
 */
static void await_gone(const char *kind, uint32_t domid, unsigned device)
{
	const uint64_t deadline_ns = time_after_s(CLOSE_SECONDS);
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/%s-%u-%u", kind, domid, device);
	while (!access(path, F_OK) && !wait_pause(deadline_ns))
		;
}

int device_clear(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device)
{
	struct leaving leaving;
	int error;

	note_leaver(xenstore, &leaving, kind, domid, device);
	see_out(xenstore, &leaving, domid);
	free(leaving.script);
	error = nodes_remove_device(xenstore, kind, domid, device);
	if (!error) {
		await_gone(kind, domid, device);
		await_released(&leaving, domid);
	}
	return error;
}
