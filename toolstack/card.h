/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network cards that a domain has, whichever toolstack gave them to it. Which
 * there are is read from libxl's directory, which the guest cannot write; what the
 * guest itself has written is a number or is nothing.
 */
#ifndef TOOLSTACK_CARD_H
#define TOOLSTACK_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "toolstack/config.h"
#include "toolstack/xenstore.h"

struct card {
	unsigned device; /* its number */
	char *mac;	 /* these three as text; NULL if the store has none */
	char *bridge;
	char *backend;	/* path */
	uint64_t owner; /* the domain whose back end it is */
	int64_t handle; /* -1, here and below: none is known */
	int64_t state;	/* of the front end; enum xenbus_state */
	int64_t backend_state;
	int64_t event_channel, tx_ring, rx_ring;
};

/* In the order of their numbers; 0 or -errno, with a message. The caller frees them. */
int card_list(struct xenstore *xenstore, uint32_t domid, struct card **cards, size_t *count);
void card_free(struct card *cards, size_t count);

/* "connected" and so on; "unknown" for what is no state. */
const char *card_state_name(int64_t state);

/*
 * Gives a running domain another card, by the lowest number that is free. 0 or -errno, with a
 * message; nothing is left of it after a failure.
 */
int card_attach(struct xenstore *xenstore, uint32_t domid, const struct config_vif *vif,
		unsigned *device);

/*
 * Takes a card away: asks the guest to let go of it, for `seconds', and with `force' does without
 * its consent then. 0 or -errno, with a message; -ETIMEDOUT: the guest has not let go of it.
 */
int card_detach(struct xenstore *xenstore, uint32_t domid, const struct card *card,
		unsigned seconds, bool force);

#endif
