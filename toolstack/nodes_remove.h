/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_NODES_REMOVE_H
#define TOOLSTACK_NODES_REMOVE_H

#include <stdint.h>

#include "toolstack/xenstore.h"

/*
 * Removes the nodes of one device ("vif" or "vbd") whose back end is domain 0's, and the
 * directories above them in which no other is. 0 or -errno, with a message.
 */
int nodes_remove_device(struct xenstore *xenstore, const char *kind, uint32_t domid,
			unsigned device);

/*
 * Removes all nodes of a domain, whichever toolstack wrote them, and the back
 * ends' common directories if nobody else is in them. 0 or -errno, with a message.
 */
int nodes_remove(struct xenstore *xenstore, uint32_t domid, const uint8_t uuid[16]);

#endif
