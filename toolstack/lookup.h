/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains by name or number, whoever made them. */
#ifndef TOOLSTACK_LOOKUP_H
#define TOOLSTACK_LOOKUP_H

#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

#include "toolstack/xenstore.h"

struct lookup_domain {
	xc_domaininfo_t info;
	char *name; /* as the store has it, not sanitised; NULL if it has none */
};

struct lookup {
	struct xenstore *xenstore;
	xc_interface *xch;
};

/* To the store alone, as xenstore_open: 0 or -errno, with a message. */
int lookup_xenstore(struct xenstore **xenstore);

/* Connects to both: 0 or -errno, with a message; lookup_close in any case. */
int lookup_open(struct lookup *lookup);
void lookup_close(struct lookup *lookup);

/* All domains with their names: 0 or -errno, with a message. */
int lookup_all(struct lookup *lookup, struct lookup_domain **domains, size_t *count);
void lookup_free(struct lookup_domain *domains, size_t count);

/*
 * The domain with this number, or else of this name: 0; -ESRCH (or any other
 * -errno), with a message. Domain 0 is not for destroying: it is refused.
 */
int lookup_find(struct lookup *lookup, const char *name, uint32_t *domid);

#endif
