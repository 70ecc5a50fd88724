/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole domain: in Xen, in the store, on this host's bridges and disks.
 * domain_start and domain_stop are twins: stop takes whatever start has built,
 * finished or not, and leaves nothing behind; both may be called again.
 */
#ifndef TOOLSTACK_DOMAIN_H
#define TOOLSTACK_DOMAIN_H

#include <stdbool.h>
#include <xenctrl.h>

#include "toolstack/build.h"
#include "toolstack/config.h"
#include "toolstack/disk.h"
#include "toolstack/xenstore.h"

struct domain {
	const struct config *config; /* the caller's */
	struct xenstore *xenstore;
	xc_interface *xch;
	struct build build; /* build.domid is DOMID_NONE while there is none */
	struct disk *disks; /* parallel to config->disks; closed once handed over */
	bool stored;	    /* there may be nodes in the store */
};

/* Connects to Xen and to the store. 0 or -errno, with a message; domain_close in any case. */
int domain_open(struct domain *domain, const struct config *config);
void domain_close(struct domain *domain);

/* Everything up to, but not including, the unpause. After a failure nothing is left. */
int domain_start(struct domain *domain);
int domain_unpause(struct domain *domain);

/* Never called off half-way, whatever signals arrive. */
void domain_stop(struct domain *domain);

/* Lets go of the domain and leaves it as it is. */
void domain_abandon(struct domain *domain);

#endif
