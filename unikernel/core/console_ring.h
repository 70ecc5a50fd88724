/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console page as a protocol: bytes to and from xenconsoled, no waiting and no state of ours.
 * Whatever the other side wrote into its indexes, nothing outside the two rings is touched.
 */
#ifndef LODGER_CORE_CONSOLE_RING_H
#define LODGER_CORE_CONSOLE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct xencons_interface;

/* Puts as many of len bytes as there is room for; how many. The caller notifies the daemon. */
size_t console_ring_put(struct xencons_interface *ring, const char *buf, size_t len);

/* Takes at most len bytes; how many. The daemon likes to know: the caller notifies. */
size_t console_ring_get(struct xencons_interface *ring, char *buf, size_t len);

size_t console_ring_readable(struct xencons_interface *ring);

/* Has the daemon taken everything? True as well if its index is impossible: there is no use in
 * waiting for one that is broken. */
bool console_ring_drained(struct xencons_interface *ring);

#endif
