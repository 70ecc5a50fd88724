/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/xenbus.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "xenbus/request.h"

/* How often xenbus_transact begins anew before it gives up. */
#define TRANSACT_TRIES 32

int xenbus_read(xenbus_tx_t tx, const char *path, char **value, size_t *len)
{
	return request_path(XS_READ, tx, path, value, len);
}

int xenbus_write(xenbus_tx_t tx, const char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vformat(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;

	char *value = heap_alloc((size_t)len + 1);
	if (value == NULL)
		return -ENOMEM;
	va_start(args, format);
	vformat(value, (size_t)len + 1, format, args);
	va_end(args);

	struct wire_part part[] = {{path, strlen(path) + 1}, {value, (size_t)len}};
	int error = request_finish(request_start(XS_WRITE, tx, part, 2), NULL, NULL);
	heap_free(value);
	return error;
}

int xenbus_mkdir(xenbus_tx_t tx, const char *path)
{
	return request_path(XS_MKDIR, tx, path, NULL, NULL);
}

int xenbus_rm(xenbus_tx_t tx, const char *path)
{
	return request_path(XS_RM, tx, path, NULL, NULL);
}

int xenbus_list(xenbus_tx_t tx, const char *path, char ***names)
{
	char *reply;
	size_t len;
	int error = request_path(XS_DIRECTORY, tx, path, &reply, &len);

	*names = NULL;
	if (error != 0)
		return error;

	size_t count = 0, at = 0;
	while (wire_string(reply, len, &at) != NULL)
		count++;
	if (at != len)
		error = -EPROTO; /* the last name lacks its NUL */
	else if (count > 0)
		*names = heap_alloc(count * sizeof(**names) + len);
	if (error != 0 || *names == NULL) {
		heap_free(reply);
		return error != 0 ? error : count > 0 ? -ENOMEM : 0;
	}

	char *strings = (char *)(*names + count);
	memcpy(strings, reply, len);
	at = 0;
	for (size_t i = 0; i < count; i++) {
		(*names)[i] = strings + at;
		at += strlen(strings + at) + 1;
	}
	heap_free(reply);
	return (int)count;
}

int xenbus_tx_begin(xenbus_tx_t *tx)
{
	char *reply;
	uint64_t id;
	int error = request_path(XS_TRANSACTION_START, XENBUS_NO_TX, "", &reply, NULL);

	if (error != 0)
		return error;
	if (!wire_number(reply, &id) || id == XENBUS_NO_TX || id > UINT32_MAX)
		error = -EPROTO;
	else
		*tx = (xenbus_tx_t)id;
	heap_free(reply);
	return error;
}

int xenbus_tx_end(xenbus_tx_t tx, bool commit)
{
	return request_path(XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, NULL);
}

int xenbus_transact(int (*fn)(xenbus_tx_t tx, void *arg), void *arg)
{
	int error = -EAGAIN;

	for (int tries = 0; error == -EAGAIN && tries < TRANSACT_TRIES; tries++) {
		xenbus_tx_t tx;

		error = xenbus_tx_begin(&tx);
		if (error != 0)
			break;
		error = fn(tx, arg);
		if (error == 0)
			error = xenbus_tx_end(tx, true);
		else
			xenbus_tx_end(tx, false);
	}
	return error;
}
