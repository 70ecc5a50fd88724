/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network's share of the heap.
 *
 * What lwIP keeps – packets that wait, send buffers, connections – is driven by whoever sends us
 * packets, so it ends at a bound.  The last quarter below the bound is for small blocks alone: an
 * acknowledgement or a FIN can still be made when data fill the rest, and making those is what
 * frees data.
 *
 *	0 ───────────────── any size ────────────────┬── up to NET_SMALL bytes ──┤ limit
 */
#ifndef LODGER_NET_MEMORY_H
#define LODGER_NET_MEMORY_H

#include <stddef.h>

#define NET_SMALL 1024

/* net_malloc(), net_calloc() and net_free() are declared in port/arch/cc.h. */

/* Sets the bound; nothing can be allocated before. */
void net_memory_limit(size_t bytes);

struct net_memory_stats {
	size_t bytes; /* held now, as the heap rounds them */
	size_t limit;
	size_t refused; /* requests refused since the start */
};
void net_memory_stats(struct net_memory_stats *stats);

#endif
