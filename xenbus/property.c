/* SPDX-License-Identifier: BSD-2-Clause */
/* Single typed values in the directory of a device. */
#include <errno.h>
#include <string.h>

#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "xenbus/request.h"

/* dir/name, or -E2BIG. */
static int property_path(char path[XENBUS_PATH_SIZE], const char *dir, const char *name)
{
	int len = format(path, XENBUS_PATH_SIZE, "%s/%s", dir, name);

	return len < XENBUS_PATH_SIZE ? 0 : -E2BIG;
}

/* Puts a read of dir/name under way; *error is set if the path does not even fit. */
static struct request *property_start(xenbus_tx_t tx, const char *dir, const char *name, int *error)
{
	char path[XENBUS_PATH_SIZE];

	*error = property_path(path, dir, name);
	struct wire_part part = {path, strlen(path) + 1};
	return *error == 0 ? request_start(XS_READ, tx, &part, 1) : NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "00:16:3e:12:34:56" and nothing else. */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(text[3 * i]);
		int low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int property_finish(struct request *request, struct xenbus_property *property)
{
	char *text;
	size_t len;
	bool good;
	int error = request_finish(request, &text, &len);

	if (error != 0)
		return error;
	if (strlen(text) != len) /* a NUL within the value would hide what follows it */
		good = false;
	else if (property->mac != NULL)
		good = mac_parse(text, property->mac);
	else
		good = wire_number(text, &property->value);
	heap_free(text);
	return good ? 0 : -EINVAL;
}

int xenbus_read_u64(xenbus_tx_t tx, const char *dir, const char *name, uint64_t *value)
{
	struct xenbus_property property = {.name = name};
	struct request *request = property_start(tx, dir, name, &property.error);

	if (property.error == 0)
		property.error = property_finish(request, &property);
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
		request[i] =
			property_start(XENBUS_NO_TX, dir, property[i].name, &property[i].error);
	for (size_t i = 0; i < count; i++) {
		int *error = &property[i].error;

		if (*error == 0)
			*error = property_finish(request[i], &property[i]);
		if (*error == -EIO || *error == -ETIMEDOUT || *error == -ENOMEM)
			status = *error;
	}
	return status;
}

static struct request *property_write(const char *dir, struct xenbus_property *property)
{
	char path[XENBUS_PATH_SIZE], number[24];
	const char *value = property->text;

	property->error = property_path(path, dir, property->name);
	if (property->error != 0)
		return NULL;
	if (value == NULL) {
		format(number, sizeof(number), "%llu", (unsigned long long)property->value);
		value = number;
	}
	struct wire_part part[] = {{path, strlen(path) + 1}, {value, strlen(value)}};
	return request_start(XS_WRITE, XENBUS_NO_TX, part, 2);
}

int xenbus_write_all(const char *dir, struct xenbus_property property[], size_t count)
{
	struct request *request[XENBUS_PROPERTIES_MAX];
	int status = 0;

	if (count > XENBUS_PROPERTIES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		request[i] = property_write(dir, &property[i]);
	for (size_t i = 0; i < count; i++) {
		if (property[i].error == 0)
			property[i].error = request_finish(request[i], NULL, NULL);
		if (status == 0)
			status = property[i].error;
	}
	return status;
}
