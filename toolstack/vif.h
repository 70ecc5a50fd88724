/* SPDX-License-Identifier: BSD-2-Clause */
/* A vif's end in domain 0: the interface that netback makes, and the bridge it joins. */
#ifndef TOOLSTACK_VIF_H
#define TOOLSTACK_VIF_H

#include <stdint.h>

#include "toolstack/config.h"
#include "toolstack/xenstore.h"

/* Can this vif be connected here? Looked at before anything is made. 0 or -errno, with a message. */
int vif_check(const struct config_vif *vif);

/*
 * Waits for the interface of vif `index', joins it to its bridge (or has the
 * script do so), and lets netback know. `netlink' was opened before the nodes
 * were written. 0 or -errno, with a message.
 */
int vif_connect(struct xenstore *xenstore, int netlink, uint32_t domid, unsigned index,
		const struct config_vif *vif);

#endif
