/* SPDX-License-Identifier: BSD-2-Clause */
/* The disks of a running domain: which it has, in, and out again. */
#ifndef TOOLSTACK_DISK_PLUG_H
#define TOOLSTACK_DISK_PLUG_H

#include <stdbool.h>
#include <stdint.h>

#include "toolstack/config.h"
#include "toolstack/listing.h"
#include "toolstack/lookup.h"

/* What is listed of each. */
enum disk_field {
	DISK_VDEV,
	DISK_TARGET,
	DISK_MODE, /* "r" or "w" */
	DISK_RING,
	DISK_FIELDS,
};

extern const struct listing_kind disk_kind;

/*
 * Gives a running domain another disk. 0 or -errno, with a message; nothing is left of it after a failure.
 */
int disk_plug_in(struct lookup *lookup, uint32_t domid, const struct config_disk *config);

/*
 * Takes a disk away: asks the guest to let go of it, for `seconds', and with `force' does without its
 * consent then. When it returns 0 the target is free. 0 or -errno, with a message; -ETIMEDOUT: the
 * guest has not let go of it.
 */
int disk_plug_out(struct lookup *lookup, uint32_t domid, const struct listed *disk,
		  unsigned seconds, bool force);

#endif
