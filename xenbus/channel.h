/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event channel between a front end and its back end (xen/io/netif.h and blkif.h,
 * "event-channel"): opened by the driver in publish, for its back end to bind, and closed in
 * release. A device may have several.
 */
#ifndef LODGER_XENBUS_CHANNEL_H
#define LODGER_XENBUS_CHANNEL_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

struct xenbus_channel {
	evtchn_port_t port;	   /* 0: there is none; so in zeroed memory */
	uint64_t events, notifies; /* received and sent, over all connections */
	void (*event)(void *arg);
	void *arg;
};

/*
 * Twins, both idempotent. event(arg) is called as an event handler: it must not block. 0, or an
 * error of evtchn_alloc_unbound's.
 */
int xenbus_channel_open(struct xenbus_channel *channel, domid_t backend, void (*event)(void *arg),
			void *arg);
void xenbus_channel_close(struct xenbus_channel *channel);

/* Sends the back end an event. */
void xenbus_channel_notify(struct xenbus_channel *channel);

#endif
