/* SPDX-License-Identifier: BSD-2-Clause */
/* Single typed values in the directory of a device. */
#include <errno.h>
#include <string.h>

#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "xenbus/request.h"

/* Puts a read, or a write if there is a value, of dir/name under way. */
static struct request *property_start(xenbus_tx_t tx, const char *dir,
				      struct xenbus_property *property, const char *value)
{
	char path[XENBUS_PATH_SIZE];

	property->error = 0;
	if (format(path, sizeof(path), "%s/%s", dir, property->name) >= XENBUS_PATH_SIZE) {
		property->error = -E2BIG;
		return NULL;
	}
	struct wire_part part[] = {{path, strlen(path) + 1}, {value, value ? strlen(value) : 0}};
	return request_start(value ? XS_WRITE : XS_READ, tx, part, value ? 2 : 1);
}

static void property_finish_read(struct request *request, struct xenbus_property *property)
{
	char *text;
	size_t len;

	if (property->error == 0)
		property->error = request_finish(request, &text, &len);
	if (property->error != 0)
		return;
	if (strlen(text) != len) /* a NUL within the value would hide what follows it */
		property->error = -EINVAL;
	else if (property->into == NULL && !wire_number(text, &property->value))
		property->error = -EINVAL;
	else if (property->into != NULL && len >= property->size)
		property->error = -EINVAL;
	else if (property->into != NULL)
		memcpy(property->into, text, len + 1);
	heap_free(text);
}

int xenbus_read_u64(xenbus_tx_t tx, const char *dir, const char *name, uint64_t *value)
{
	struct xenbus_property property = {.name = name};

	property_finish_read(property_start(tx, dir, &property, NULL), &property);
	if (property.error == 0)
		*value = property.value;
	return property.error;
}

int xenbus_read_all(const char *dir, struct xenbus_property property[], size_t count)
{
	struct request *request[XENBUS_PROPERTIES_MAX];
	int status = 0;

	if (count > XENBUS_PROPERTIES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		request[i] = property_start(XENBUS_NO_TX, dir, &property[i], NULL);
	for (size_t i = 0; i < count; i++) {
		property_finish_read(request[i], &property[i]);
		int error = property[i].error;
		if (error == -EIO || error == -ETIMEDOUT || error == -ENOMEM)
			status = error;
	}
	return status;
}

int xenbus_write_all(const char *dir, struct xenbus_property property[], size_t count)
{
	struct request *request[XENBUS_PROPERTIES_MAX];
	size_t started = 0;
	int status = 0;

	if (count > XENBUS_PROPERTIES_MAX)
		return -E2BIG;
	/* None after one for which there was no memory: a state at the end would be a lie. */
	for (bool able = true; able && started < count; started++) {
		struct xenbus_property *node = &property[started];
		char number[24];

		format(number, sizeof(number), "%llu", (unsigned long long)node->value);
		request[started] =
			property_start(XENBUS_NO_TX, dir, node, node->text ? node->text : number);
		able = request[started] != NULL;
	}
	for (size_t i = 0; i < started; i++) {
		if (property[i].error == 0)
			property[i].error = request_finish(request[i], NULL, NULL);
		if (status == 0)
			status = property[i].error;
	}
	return status;
}
