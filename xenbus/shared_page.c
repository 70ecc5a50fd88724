/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/shared_page.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "unikernel/core/gnttab.h"
#include "unikernel/core/page.h"

int shared_page_open(struct shared_page *page, domid_t backend)
{
	if (page->data != NULL)
		return 0;
	page->data = page_alloc();
	if (page->data == NULL)
		return -ENOMEM;
	/* The backend sees all of it: what was there before is none of its business. */
	memset(page->data, 0, PAGE_SIZE);
	int error = gnttab_grant(backend, page->data, false, &page->ref);
	if (error != 0) {
		page_free(page->data);
		page->data = NULL;
	}
	return error;
}

bool shared_page_mapped(const struct shared_page *page)
{
	return page->data != NULL && gnttab_mapped(page->ref);
}

void shared_page_close(struct shared_page *page)
{
	if (page->data == NULL)
		return;
	gnttab_end_and_free(page->ref, page->data);
	page->data = NULL;
}
