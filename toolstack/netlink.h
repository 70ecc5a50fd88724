/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of rtnetlink(7) that a vif needs: hear of an interface when it
 * comes into being, and configure it in one message. Opened before the back end
 * is told to make the interface, so that its announcement cannot be missed.
 */
#ifndef TOOLSTACK_NETLINK_H
#define TOOLSTACK_NETLINK_H

#include <stdint.h>

/* A socket that hears of every interface from now on; >= 0, or -errno. */
int netlink_open(void);

/* Waits until the interface exists: its index, or -ETIMEDOUT, -ECANCELED, -errno. */
int netlink_wait_link(int fd, const char *name, uint64_t deadline_ns);

/*
 * Renames the interface (unless `name' is NULL), sets its MTU (unless 0), makes
 * it a port of the bridge with that index, and brings it up: 0 or -errno.
 */
int netlink_join_bridge(int fd, int index, const char *name, unsigned mtu, int bridge_index);

#endif
