/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of one kind that a domain has, whichever toolstack gave them to it. Which there are is
 * read from libxl's directory, which the guest cannot write; what the guest itself has written is a
 * number or is nothing.
 */
#ifndef TOOLSTACK_LISTING_H
#define TOOLSTACK_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "toolstack/xenstore.h"

/* What there is to know of devices of a kind, beside what all kinds have. */
struct listing_field {
	const char *name;
	bool front; /* in the front end's directory, where the guest writes; else in libxl's */
};

struct listing_kind {
	const char *kind; /* "vif", "vbd" */
	const char *noun; /* of several: "disks" */
	const struct listing_field *fields;
	unsigned field_count; /* up to LISTED_FIELDS */
};

#define LISTED_FIELDS 8

struct listed {
	unsigned device; /* its number */
	char *backend;	 /* path; NULL, as any text, if the store has none */
	uint64_t owner;	 /* the domain whose back end it is */
	int64_t state;	 /* of the front end; enum xenbus_state. -1, here and below: not known */
	int64_t backend_state;
	int64_t event_channel;
	char *field[LISTED_FIELDS];
};

/* In the order of their numbers; 0 or -errno, with a message. The caller frees them. */
int listing_read(struct xenstore *xenstore, uint32_t domid, const struct listing_kind *kind,
		 struct listed **list, size_t *count);
void listing_free(struct listed *list, size_t count);

/* The field's number, -1 if it is none. */
int64_t listed_number(const struct listed *listed, unsigned field);

/* The field for people: sanitised, "-" if there is none. */
const char *listed_text(struct listed *listed, unsigned field);
const char *listed_backend(struct listed *listed);

/* "connected" and so on; "unknown" for what is no state. */
const char *listed_state_name(int64_t state);

#endif
