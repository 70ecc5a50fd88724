/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/card.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

/* What is read of each card, in this order, and where. */
enum field {
	FIELD_MAC,
	FIELD_BRIDGE,
	FIELD_BACKEND,
	FIELD_HANDLE,
	FIELD_STATE,
	FIELD_EVENT_CHANNEL,
	FIELD_TX_RING,
	FIELD_RX_RING,
	FIELD_COUNT,
};

static const struct {
	const char *name;
	bool front; /* in the front end's directory, where the guest writes; else in libxl's */
} fields[FIELD_COUNT] = {
	[FIELD_MAC] = {"mac", false},
	[FIELD_BRIDGE] = {"bridge", false},
	[FIELD_BACKEND] = {"backend", false},
	[FIELD_HANDLE] = {"handle", false},
	[FIELD_STATE] = {"state", true},
	[FIELD_EVENT_CHANNEL] = {"event-channel", true},
	[FIELD_TX_RING] = {"tx-ring-ref", true},
	[FIELD_RX_RING] = {"rx-ring-ref", true},
};

static int64_t to_number(const char *text)
{
	uint64_t number;

	return text_to_number(text, 0, UINT32_MAX, &number) ? (int64_t)number : -1;
}

static void keep_field(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct card *card = (struct card *)context + index / FIELD_COUNT;

	(void)size;
	if (error)
		return;
	switch ((enum field)(index % FIELD_COUNT)) {
	case FIELD_MAC:
		card->mac = strdup(payload);
		break;
	case FIELD_BRIDGE:
		card->bridge = strdup(payload);
		break;
	case FIELD_BACKEND:
		card->backend = strdup(payload);
		break;
	case FIELD_HANDLE:
		card->handle = to_number(payload);
		break;
	case FIELD_STATE:
		card->state = to_number(payload);
		break;
	case FIELD_EVENT_CHANNEL:
		card->event_channel = to_number(payload);
		break;
	case FIELD_TX_RING:
		card->tx_ring = to_number(payload);
		break;
	case FIELD_RX_RING:
		card->rx_ring = to_number(payload);
		break;
	case FIELD_COUNT:
		break;
	}
}

static int read_fields(struct xenstore *xenstore, uint32_t domid, struct card *cards, size_t count)
{
	struct xenstore_batch batch = {0};

	for (size_t i = 0; i < count; i++) {
		for (unsigned field = 0; field < FIELD_COUNT; field++) {
			char path[96];

			snprintf(path, sizeof(path), "%s%u/device/vif/%u/%s",
				 fields[field].front ? "/local/domain/" : "/libxl/", domid,
				 cards[i].device, fields[field].name);
			xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
		}
	}
	return xenstore_batch_run(xenstore, &batch, keep_field, cards);
}

static void keep_state(void *context, unsigned index, int error, const char *payload, size_t size)
{
	struct card *card = (struct card *)context + index;

	(void)size;
	if (!error)
		card->backend_state = to_number(payload);
}

static int read_backends(struct xenstore *xenstore, struct card *cards, size_t count)
{
	struct xenstore_batch batch = {0};
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		static const char root[] = "/local/domain/";
		const char *backend = cards[i].backend ? cards[i].backend : "";
		char *path = text_format("%s/state", backend);

		if (!strncmp(backend, root, sizeof(root) - 1))
			cards[i].owner = strtoul(backend + sizeof(root) - 1, NULL, 10);
		if (path)
			xenstore_batch_read(&batch, XENSTORE_NO_TRANSACTION, path);
		else
			error = -ENOMEM;
		free(path);
	}
	return error ? error : xenstore_batch_run(xenstore, &batch, keep_state, cards);
}

static int by_device(const void *a, const void *b)
{
	const struct card *one = a, *other = b;

	return one->device < other->device ? -1 : one->device > other->device;
}

/* The numbers of the cards: their count, or -errno. */
static long find_cards(struct xenstore *xenstore, uint32_t domid, struct card **cards)
{
	char path[64], *names = NULL;
	size_t size = 0;
	long count = 0;
	int error;

	snprintf(path, sizeof(path), "/libxl/%u/device/vif", domid);
	error = xenstore_list(xenstore, XENSTORE_NO_TRANSACTION, path, &names, &size);
	if (error && error != -ENOENT)
		return error;
	if (error)
		size = 0;
	for (const char *name = names; size && name < names + size; name += strlen(name) + 1)
		count++;
	*cards = calloc((size_t)count + 1, sizeof(**cards));
	count = 0;
	for (const char *name = names; *cards && size && name < names + size;
	     name += strlen(name) + 1) {
		uint64_t number;

		if (!text_to_number(name, 0, UINT32_MAX, &number))
			continue;
		(*cards)[count++] = (struct card){
			.device = (unsigned)number,
			.handle = -1,
			.state = -1,
			.backend_state = -1,
			.event_channel = -1,
			.tx_ring = -1,
			.rx_ring = -1,
		};
	}
	free(names);
	return *cards ? count : -ENOMEM;
}

int card_list(struct xenstore *xenstore, uint32_t domid, struct card **cards, size_t *count)
{
	long found;
	int error;

	*cards = NULL;
	*count = 0;
	found = find_cards(xenstore, domid, cards);
	error = found < 0 ? (int)found : 0;
	if (!error) {
		*count = (size_t)found;
		error = read_fields(xenstore, domid, *cards, *count);
	}
	if (!error)
		error = read_backends(xenstore, *cards, *count);
	if (error) {
		message_error("cannot list the network cards of domain %u: %s", domid,
			      strerror(-error));
		card_free(*cards, *count);
		*cards = NULL;
		*count = 0;
		return error;
	}
	qsort(*cards, *count, sizeof(**cards), by_device);
	return 0;
}

void card_free(struct card *cards, size_t count)
{
	for (size_t i = 0; cards && i < count; i++) {
		free(cards[i].mac);
		free(cards[i].bridge);
		free(cards[i].backend);
	}
	free(cards);
}

const char *card_state_name(int64_t state)
{
	static const char *const names[] = {
		"unknown", "initialising", "init-wait",	    "initialised",  "connected",
		"closing", "closed",	   "reconfiguring", "reconfigured",
	};

	return state >= 0 && (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state]
									      : names[0];
}
