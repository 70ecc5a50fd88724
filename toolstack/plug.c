/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/device.h"
#include "toolstack/message.h"
#include "toolstack/nodes_write.h"
#include "toolstack/plug.h"
#include "toolstack/wait.h"

/* Collisions with other writers to the store, before something must be wrong. */
#define TRANSACTIONS_MAX 100

/* One attempt: -EAGAIN if somebody else's change came between. */
static int write_once(struct xenstore *xenstore, uint32_t domid, plug_fill *fill, void *context)
{
	struct xenstore_batch batch = {0};
	struct nodes nodes = {0};
	char path[64], *home = NULL;
	uint32_t transaction;
	int error = xenstore_transaction_start(xenstore, &transaction);

	if (error)
		return error;
	/* A domain that has gone meanwhile is not to come back as a directory. */
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	error = xenstore_read(xenstore, transaction, path, &home);
	if (!error)
		error = fill(xenstore, transaction, domid, &nodes, context);
	if (!error && nodes.failed)
		error = -ENOMEM;
	if (!error)
		error = nodes_commit(xenstore, transaction, &batch, &nodes);
	else
		xenstore_transaction_end(xenstore, transaction, false);
	nodes_free(&nodes);
	free(home);
	return error;
}

int plug_write(struct xenstore *xenstore, uint32_t domid, const struct plug *plug, plug_fill *fill,
	       void *context)
{
	int error = -EAGAIN;

	for (int i = 0; error == -EAGAIN && i < TRANSACTIONS_MAX; i++)
		error = wait_cancelled() ? -ECANCELED : write_once(xenstore, domid, fill, context);
	if (error && error != -ECANCELED && error != -EEXIST)
		message_error("cannot write the nodes of a %s for domain %u: %s", plug->noun, domid,
			      error == -ENOENT ? "the domain has gone" : strerror(-error));
	return error;
}

void plug_undo(struct xenstore *xenstore, uint32_t domid, const struct plug *plug, unsigned device)
{
	bool before = wait_shield(true);

	device_put_out(xenstore, plug->kind, domid, device);
	device_clear(xenstore, plug->kind, domid, device);
	wait_shield(before);
}

int plug_out(struct xenstore *xenstore, uint32_t domid, const struct plug *plug,
	     const struct listed *listed, const char *name, unsigned seconds, bool force)
{
	const unsigned device = listed->device;
	bool before;
	int error;

	if (listed->owner) {
		message_error("the back end of %s is in domain %llu; `xl %s' takes it away", name,
			      (unsigned long long)listed->owner, plug->detach);
		return -EOPNOTSUPP;
	}
	error = device_ask_out(xenstore, plug->kind, domid, device, time_after_s(seconds));
	if (error == -ETIMEDOUT && !force) {
		message_error("domain %u has not let go of %s within %u seconds; "
			      "`lodge %s -f' takes it away all the same",
			      domid, name, seconds, plug->detach);
		return error;
	}
	if (error == -ECANCELED)
		return error;
	/* From here on half a device would be left. */
	before = wait_shield(true);
	if (error == -ETIMEDOUT) {
		message_warn("domain %u has not let go of %s within %u seconds; taking it away",
			     domid, name, seconds);
		error = device_put_out(xenstore, plug->kind, domid, device);
	}
	if (error == -ENODEV)
		error = 0; /* only what is left of it is to be removed */
	if (error)
		message_error("cannot take %s away from domain %u: %s", name, domid,
			      strerror(-error));
	else
		error = device_clear(xenstore, plug->kind, domid, device);
	wait_shield(before);
	return error;
}
