/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/listing.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

/* What all kinds have; their own fields come behind. */
enum { COMMON_BACKEND, COMMON_STATE, COMMON_EVENT_CHANNEL, COMMON_COUNT };

static const struct listing_field common[COMMON_COUNT] = {
	[COMMON_BACKEND] = {"backend", false},
	[COMMON_STATE] = {"state", true},
	[COMMON_EVENT_CHANNEL] = {"event-channel", true},
};

static int64_t to_number(const char *text)
{
	uint64_t number;

	return text && text_to_number(text, 0, UINT32_MAX, &number) ? (int64_t)number : -1;
}

struct reading {
	struct listed *list;
	unsigned fields; /* of each */
};

static void keep_field(void *context, unsigned index, int error, const char *payload, size_t size)
{
	const struct reading *reading = context;
	struct listed *listed = &reading->list[index / reading->fields];
	const unsigned field = index % reading->fields;

	(void)size;
	if (error)
		return;
	switch (field) {
	case COMMON_BACKEND:
		listed->backend = strdup(payload);
		break;
	case COMMON_STATE:
		listed->state = to_number(payload);
		break;
	case COMMON_EVENT_CHANNEL:
		listed->event_channel = to_number(payload);
		break;
	default:
		listed->field[field - COMMON_COUNT] = strdup(payload);
	}
}

static int read_fields(struct xenstore *xenstore, uint32_t domid, const struct listing_kind *kind,
		       struct listed *list, size_t count)
{
	struct reading reading = {.list = list, .fields = COMMON_COUNT + kind->field_count};
	struct xenstore_batch batch = {0};

	for (size_t i = 0; i < count; i++) {
		for (unsigned n = 0; n < reading.fields; n++) {
			const struct listing_field *field =
				n < COMMON_COUNT ? &common[n] : &kind->fields[n - COMMON_COUNT];
			char path[96];

			snprintf(path, sizeof(path), "%s%u/device/%s/%u/%s",
				 field->front ? "/local/domain/" : "/libxl/", domid, kind->kind,
				 list[i].device, field->name);
			xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
		}
	}
	return xenstore_batch_run(xenstore, &batch, keep_field, &reading);
}

static void keep_state(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct listed *listed = (struct listed *)context + index;

	(void)size;
	if (!error)
		listed->backend_state = to_number(payload);
}

static int read_backends(struct xenstore *xenstore, struct listed *list, size_t count)
{
	struct xenstore_batch batch = {0};
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		static const char root[] = "/local/domain/";
		const char *backend = list[i].backend ? list[i].backend : "";
		char *path = text_format("%s/state", backend);

		if (!strncmp(backend, root, sizeof(root) - 1))
			list[i].owner = strtoul(backend + sizeof(root) - 1, NULL, 10);
		if (path)
			xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
		else
			error = -ENOMEM;
		free(path);
	}
	return error ? error : xenstore_batch_run(xenstore, &batch, keep_state, list);
}

static int by_device(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;

	return one->device < other->device ? -1 : one->device > other->device;
}

/* The numbers of the devices: their count, or -errno. */
static long find_devices(struct xenstore *xenstore, uint32_t domid, const char *kind,
			 struct listed **list)
{
	char path[64], *names = NULL;
	size_t size = 0;
	long count = 0;
	int error;

	snprintf(path, sizeof(path), "/libxl/%u/device/%s", domid, kind);
	error = xenstore_list(xenstore, XENSTORE_NO_TRANSACTION, path, &names, &size);
	if (error && error != -ENOENT)
		return error;
	if (error)
		size = 0;
	for (const char *name = names; size && name < names + size; name += strlen(name) + 1)
		count++;
	*list = calloc((size_t)count + 1, sizeof(**list));
	count = 0;
	for (const char *name = names; *list && size && name < names + size;
	     name += strlen(name) + 1) {
		uint64_t number;

		if (!text_to_number(name, 0, UINT32_MAX, &number))
			continue;
		(*list)[count++] = (struct listed){
			.device = (unsigned)number,
			.state = -1,
			.backend_state = -1,
			.event_channel = -1,
		};
	}
	free(names);
	return *list ? count : -ENOMEM;
}

int listing_read(struct xenstore *xenstore, uint32_t domid, const struct listing_kind *kind,
		 struct listed **list, size_t *count)
{
	long found;
	int error;

	*list = NULL;
	*count = 0;
	found = find_devices(xenstore, domid, kind->kind, list);
	error = found < 0 ? (int)found : 0;
	if (!error) {
		*count = (size_t)found;
		error = read_fields(xenstore, domid, kind, *list, *count);
	}
	if (!error)
		error = read_backends(xenstore, *list, *count);
	if (error) {
		message_error("cannot list the %s of domain %u: %s", kind->noun, domid,
			      strerror(-error));
		listing_free(*list, *count);
		*list = NULL;
		*count = 0;
		return error;
	}
	qsort(*list, *count, sizeof(**list), by_device);
	return 0;
}

void listing_free(struct listed *list, size_t count)
{
	for (size_t i = 0; list && i < count; i++) {
		free(list[i].backend);
		for (unsigned n = 0; n < LISTED_FIELDS; n++)
			free(list[i].field[n]);
	}
	free(list);
}

int64_t listed_number(const struct listed *listed, unsigned field)
{
	return to_number(listed->field[field]);
}

static const char *for_people(char *text)
{
	if (!text)
		return "-";
	text_sanitise(text);
	return text;
}

const char *listed_text(struct listed *listed, unsigned field)
{
	return for_people(listed->field[field]);
}

const char *listed_backend(struct listed *listed)
{
	return for_people(listed->backend);
}

const char *listed_state_name(int64_t state)
{
	static const char *const names[] = {
		"unknown", "initialising", "init-wait",	    "initialised",  "connected",
		"closing", "closed",	   "reconfiguring", "reconfigured",
	};

	return state >= 0 && (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state]
									      : names[0];
}
