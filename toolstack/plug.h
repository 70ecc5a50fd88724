/* SPDX-License-Identifier: BSD-2-Clause */
/* What giving a running domain a device, and taking it away, have in common for all kinds. */
#ifndef TOOLSTACK_PLUG_H
#define TOOLSTACK_PLUG_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/listing.h"
#include "toolstack/nodes.h"
#include "toolstack/xenstore.h"

struct plug {
	const char *kind;   /* "vif", "vbd" */
	const char *noun;   /* "card" */
	const char *detach; /* the command that takes it away, of lodge and of xl */
};

/*
 * Fills in the nodes of the new device, looking at the store within the transaction: 0 or -errno.
 * It may be called again, when somebody else's change came between.
 */
typedef int plug_fill(struct xenstore *xenstore, uint32_t transaction, uint32_t domid,
		      struct nodes *nodes, void *context);

/* Writes them, all or none: 0 or -errno, with a message but for -EEXIST. */
int plug_write(struct xenstore *xenstore, uint32_t domid, const struct plug *plug, plug_fill *fill,
	       void *context);

/* Takes back what plug_write wrote, and what came of it. */
void plug_undo(struct xenstore *xenstore, uint32_t domid, const struct plug *plug, unsigned device);

/*
 * Takes a device away, called `name' in messages: asks the guest to let go of it, for `seconds', and with
 * `force' does without its consent then. 0 or -errno, with a message; -ETIMEDOUT: the guest has not let
 * go of it.
 */
int plug_out(struct xenstore *xenstore, uint32_t domid, const struct plug *plug,
	     const struct listed *listed, const char *name, unsigned seconds, bool force);

#endif
