/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/message.h"
#include "toolstack/nodes.h"
#include "toolstack/nodes_remove.h"

/* Collisions with other writers to the store, before something must be wrong. */
#define TRANSACTIONS_MAX 100

/* Innermost first: the last one can only be empty once the others are gone. */
static const char *const shared[] = {
	"/local/domain/0/backend/vif",
	"/local/domain/0/backend/vbd",
	"/local/domain/0/backend/console",
	"/local/domain/0/backend",
};

/* Removes `path' if it is there and has no children. */
static int remove_if_empty(struct xenstore *xenstore, uint32_t transaction, const char *path)
{
	char *names;
	size_t size;
	int error = xenstore_list(xenstore, transaction, path, &names, &size);

	if (error)
		return error == -ENOENT || error == -E2BIG ? 0 : error;
	free(names);
	return size ? 0 : xenstore_remove(xenstore, transaction, path);
}

/*
 * In a transaction, because removing takes all that is below: a device that
 * somebody adds meanwhile makes it fail, and so does another who is just doing
 * the same. Either way it is somebody else's business then.
 */
static void remove_shared(struct xenstore *xenstore)
{
	uint32_t transaction;
	int error = xenstore_transaction_start(xenstore, &transaction);

	if (error)
		return;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]) && !error; i++)
		error = remove_if_empty(xenstore, transaction, shared[i]);
	xenstore_transaction_end(xenstore, transaction, !error);
}

/* PATH and, as long as they are empty then, `levels' directories above it. */
static int remove_upwards(struct xenstore *xenstore, uint32_t transaction, unsigned levels,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
static int remove_upwards(struct xenstore *xenstore, uint32_t transaction, unsigned levels,
			  const char *format, ...)
{
	char path[NODES_ROOT_SIZE];
	va_list arguments;
	int error;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	error = xenstore_remove(xenstore, transaction, path);
	while (!error && levels--) {
		*strrchr(path, '/') = '\0';
		error = remove_if_empty(xenstore, transaction, path);
	}
	return error;
}

int nodes_remove_device(struct xenstore *xenstore, const char *kind, uint32_t domid,
			unsigned device)
{
	int error = -EAGAIN;

	for (int i = 0; error == -EAGAIN && i < TRANSACTIONS_MAX; i++) {
		uint32_t transaction;

		error = xenstore_transaction_start(xenstore, &transaction);
		if (error)
			break;
		error = remove_upwards(xenstore, transaction, 2, "/local/domain/%u/device/%s/%u",
				       domid, kind, device);
		if (!error)
			error = remove_upwards(xenstore, transaction, 2,
					       "/local/domain/0/backend/%s/%u/%u", kind, domid,
					       device);
		if (!error)
			error = remove_upwards(xenstore, transaction, 2, "/libxl/%u/device/%s/%u",
					       domid, kind, device);
		/* What its back end complained of, which Linux never takes back. */
		if (!error)
			error = remove_upwards(xenstore, transaction, 2,
					       "/local/domain/0/error/backend/%s/%u/%u", kind,
					       domid, device);
		if (error)
			xenstore_transaction_end(xenstore, transaction, false);
		else
			error = xenstore_transaction_end(xenstore, transaction, true);
	}
	if (error)
		message_error("cannot remove the nodes of %s %u of domain %u: %s", kind, device,
			      domid, strerror(-error));
	return error;
}

int nodes_remove(struct xenstore *xenstore, uint32_t domid, const uint8_t uuid[16])
{
	char roots[NODES_ROOTS][NODES_ROOT_SIZE];
	struct xenstore_batch batch = {0};
	int error;

	for (size_t i = 0, n = nodes_roots(roots, domid, uuid); i < n; i++)
		xenstore_batch_remove(&batch, XENSTORE_NO_TRANSACTION, roots[i]);
	error = xenstore_batch_run(xenstore, &batch, NULL, NULL);
	if (!error)
		remove_shared(xenstore);
	else
		message_error("cannot remove the nodes of domain %u: %s", domid, strerror(-error));
	return error;
}
