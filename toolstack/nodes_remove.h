/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_NODES_REMOVE_H
#define TOOLSTACK_NODES_REMOVE_H

#include <stdint.h>

#include "toolstack/xenstore.h"

/*
 * Removes all nodes of a domain, whichever toolstack wrote them, and the back
 * ends' common directories if nobody else is in them. 0 or -errno, with a message.
 */
int nodes_remove(struct xenstore *xenstore, uint32_t domid, const uint8_t uuid[16]);

#endif
