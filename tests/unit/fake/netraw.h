/* SPDX-License-Identifier: BSD-2-Clause */
/* Single slots of a device's rings, for back ends that lie or are odd in them. */
#ifndef FAKE_NETRAW_H
#define FAKE_NETRAW_H

#include "tests/unit/fake/netuser.h"

#define NETRAW_LENGTH 60 /* of a response that says nothing else */

/* Sixteen flows of frames, so that each queue has some, which nobody takes any more. */
void netraw_requests(struct fake_netuser *user, bool to_cut);
/* How many requests wait in a queue; the id of the nth. */
unsigned netraw_waiting(const struct fake_netback *nb, unsigned queue);
uint16_t netraw_tx_id(struct fake_netback *nb, unsigned queue, unsigned nth);
void netraw_tx_answer(struct fake_netback *nb, unsigned queue, uint16_t id, int16_t status);

/* A response to the next receive request, to be changed and sent. */
struct netif_rx_response netraw_rx_claim(struct fake_netback *nb, unsigned queue);
void netraw_rx_answer(struct fake_netback *nb, unsigned queue, uint16_t flags);
/* Extra information in the slot of the next receive request. */
void netraw_rx_extra(struct fake_netback *nb, unsigned queue, struct netif_extra_info extra);
struct netif_extra_info netraw_gso(uint8_t type, uint16_t size);

/* One of a table of them. */
struct netraw_attack {
	const char *name;
	void (*run)(unsigned queue);
};

#define NETRAW_ATTACK(name) \
	{                   \
#name, name \
	}

/*
 * A guest with two devices; what it holds. The second must not notice what happens to the first.
 * None has GSO for IPv6, so that there is something to lie about.
 */
#define NETRAW_PLAIN  "lodger.net-off=gso6"
#define NETRAW_QUEUES NETRAW_PLAIN " lodger.net-on=split lodger.net-queues=2"
struct held netraw_boot(struct fake_netuser user[2], const char *command_line);
void assert_other_unmoved(struct fake_netuser user[2]);

#endif
