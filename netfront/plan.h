/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the pieces of a frame are laid out over the slots of the transmit ring:
 *
 *	pieces   |--- a ---|- b -|-------------------- c ---------------------|
 *	pages              |  ^copied ^ |    lent     |    lent     | ^copied |
 *	slots    |       bounce 1       |      2      |      3      |    4    |
 *
 * A slot shows the back end a part of one page, and granting that page shows it the whole. So only
 * pages that a piece fills are lent; what lies before and behind them, and short pieces, is copied
 * together into as few pages of ours as hold it.
 */
#ifndef LODGER_NETFRONT_PLAN_H
#define LODGER_NETFRONT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netfront/netfront.h"

struct plan_slot {
	const void *lent; /* the page to grant, or NULL: copied */
	uint16_t offset, size;
	/* If copied: where it begins among the pieces. */
	uint16_t piece;
	uint16_t from;
};

struct plan {
	struct plan_slot slot[NETFRONT_SLOTS_MAX];
	unsigned int slots, lent;
};

/* 0, or -EMSGSIZE: it takes more slots than a frame can have. */
int plan_make(struct plan *plan, const struct netfront_packet *packet, bool lend);

/* Copies what belongs to a slot to a page, at the slot's offset. */
void plan_copy(const struct netfront_packet *packet, const struct plan_slot *slot, char *page);

bool plan_ipv6(const struct netfront_packet *packet);

/* A number that the frames of one flow (addresses, ports) have in common. */
uint32_t plan_flow(const struct netfront_packet *packet);

#endif
