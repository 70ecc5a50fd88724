/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A page that a backend may read and write from the day it is opened to the day it is closed: a
 * ring, or a buffer for data. It is empty when the backend first sees it, and after its end it
 * goes to nobody else before the backend has let go of it.
 */
#ifndef LODGER_XENBUS_SHARED_PAGE_H
#define LODGER_XENBUS_SHARED_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

struct shared_page {
	char *data; /* NULL: there is none; so in zeroed memory */
	grant_ref_t ref;
};

/* Twins, both idempotent. open: 0, -ENOMEM or -ENOSPC. */
int shared_page_open(struct shared_page *page, domid_t backend);
void shared_page_close(struct shared_page *page);

/* Has the backend it mapped? */
bool shared_page_mapped(const struct shared_page *page);

#endif
