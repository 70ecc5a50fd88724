/* SPDX-License-Identifier: BSD-2-Clause */
/* The network cards of a running domain: which it has, in, and out again. */
#ifndef TOOLSTACK_CARD_H
#define TOOLSTACK_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/config.h"
#include "toolstack/listing.h"
#include "toolstack/xenstore.h"

/* What is listed of each. */
enum card_field {
	CARD_MAC,
	CARD_BRIDGE,
	CARD_HANDLE,
	CARD_TX_RING,
	CARD_RX_RING,
	CARD_FIELDS,
};

extern const struct listing_kind card_kind;

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
int card_detach(struct xenstore *xenstore, uint32_t domid, const struct listed *card,
		unsigned seconds, bool force);

#endif
