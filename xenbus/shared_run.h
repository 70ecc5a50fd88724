/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several pages in a row that a backend may read and write, each behind a grant of its own: a ring of
 * more than one page. As shared_page.h, which serves where one will do.
 */
#ifndef LODGER_XENBUS_SHARED_RUN_H
#define LODGER_XENBUS_SHARED_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#define SHARED_RUN_MAX 16u

struct shared_run {
	char *data;
	size_t pages;
	grant_ref_t ref[SHARED_RUN_MAX];
	size_t out; /* pages that the backend has not let go of */
};

/* A new one, zeroed, of 1 … SHARED_RUN_MAX pages: 0, -ENOMEM or -ENOSPC. */
int shared_run_open(struct shared_run **run, size_t pages, domid_t backend);

/* Has the backend all of it mapped? */
bool shared_run_mapped(const struct shared_run *run);

/* NULL is allowed. It is freed when the backend has let go of all of it. */
void shared_run_close(struct shared_run *run);

#endif
