/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_NODES_WRITE_H
#define TOOLSTACK_NODES_WRITE_H

#include <stdint.h>

#include "toolstack/nodes.h"
#include "toolstack/xenstore.h"

/*
 * Writes the nodes, behind whatever removals the batch holds already, and ends the
 * transaction: 0; -EAGAIN if somebody else's change came between, -errno.
 */
int nodes_commit(struct xenstore *xenstore, uint32_t transaction, struct xenstore_batch *batch,
		 const struct nodes *nodes);

#endif
