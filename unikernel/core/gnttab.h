/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants (table version 1). An entry of the table says: domain `dom` may map or copy this frame.
 * Which entries are ours to end is kept in private memory: what stands in the shared table is
 * never believed. An end is not done until Xen says that the other side let go, and until then
 * the page belongs to it as much as to us.
 */
#ifndef LODGER_CORE_GNTTAB_H
#define LODGER_CORE_GNTTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/grant_table.h>

/* Let dom map the page that starts at `page`. 0 and *ref; -ENOSPC when the table cannot grow. */
int gnttab_grant(domid_t dom, const void *page, bool readonly, grant_ref_t *ref);

/*
 * Take it back. 0; -EBUSY while the other side has it mapped: the grant then stays, and the page
 * must not be used for anything else. -EINVAL for a reference that is not granted (a double end,
 * or a number that somebody made up).
 */
int gnttab_end(grant_ref_t ref);

/*
 * Take it back and then call done(arg): at once and 0, or, if the other side still has it mapped,
 * -EBUSY, and done is called when it lets go, which is looked at once a second. Until then the
 * grant is parked, and the page must not be used for anything else.
 * A reference that is not granted: -EINVAL, and done is never called.
 */
int gnttab_end_then(grant_ref_t ref, void (*done)(void *arg), void *arg);

/* The same for a page that is to be freed (page_free). 0 in either case, or -EINVAL. */
int gnttab_end_and_free(grant_ref_t ref, void *page);

/* Has the other side the page mapped? Xen's own word (grant_table.h, GTF_reading), and of this moment. */
bool gnttab_mapped(grant_ref_t ref);

struct gnttab_stats {
	size_t in_use; /* granted, the parked ones included */
	size_t parked; /* waiting for the other side */
	size_t unused; /* entries that can be granted before the table has to grow */
	size_t frames; /* of the table, for good: a page and an object of the heap each */
};

void gnttab_stats(struct gnttab_stats *stats);

#endif
