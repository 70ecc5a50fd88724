/* SPDX-License-Identifier: BSD-2-Clause */
/* Back ends as the toolstack sees them: waited for when they come, seen off when they go. */
#ifndef TOOLSTACK_DEVICE_H
#define TOOLSTACK_DEVICE_H

#include <stdint.h>

#include "toolstack/xenstore.h"

/* Of enum xenbus_state in xen/io/xenbus.h, those that a toolstack looks for. */
#define BACKEND_INIT_WAIT 2u
#define BACKEND_CLOSING	  5u
#define BACKEND_CLOSED	  6u

/*
 * Waits until the back end's state is at least `state': 0; -ENODEV if the back
 * end has gone or closes; -ETIMEDOUT, -ECANCELED, -errno.
 */
int device_wait_backend(struct xenstore *xenstore, const char *kind, uint32_t domid,
			unsigned device, unsigned state, uint64_t deadline_ns);

/*
 * Asks a running domain to let go of a device ("vif" or "vbd"), and waits until it has: 0;
 * -ETIMEDOUT, -ECANCELED, -errno. -ENODEV: there is no such back end.
 */
int device_ask_out(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device,
		   uint64_t deadline_ns);

/* Has the back end let go of the domain, whatever the domain says. 0 or -errno. */
int device_put_out(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device);

/*
 * Runs the script of a device that is out, if it has one, or releases its loop device, if lodge gave it one,
 * removes its nodes, and waits (a bounded time) until the kernel is done with it. 0 or -errno.
 */
int device_clear(struct xenstore *xenstore, const char *kind, uint32_t domid, unsigned device);

/*
 * Takes all vifs and vbds of a domain that runs no more: closes their front
 * ends, waits (a bounded time) until the back ends have let go, runs their
 * hotplug scripts if they have any, releases their loop devices that lodge gave
 * them, and removes what is left of them. Works on
 * devices of any toolstack, and on a domain that has none. 0 or -errno of the
 * conversation with the store.
 */
int device_remove_all(struct xenstore *xenstore, uint32_t domid);

#endif
