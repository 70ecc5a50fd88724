/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/shared_run.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"

/* Pages of one run are freed together, and so not before the last of them is back. */
static void run_back(void *arg)
{
	struct shared_run *run = arg;

	if (--run->out > 0)
		return;
	pages_free(run->data, run->pages);
	heap_free(run);
}

int shared_run_open(struct shared_run **out, size_t pages, domid_t backend)
{
	struct shared_run *run = heap_zalloc(sizeof(*run));

	if (run == NULL)
		return -ENOMEM;
	run->pages = pages;
	run->data = pages_alloc(pages);
	if (run->data == NULL) {
		heap_free(run);
		return -ENOMEM;
	}
	memset(run->data, 0, pages * PAGE_SIZE);
	for (; run->out < pages; run->out++) {
		int error = gnttab_grant(backend, run->data + run->out * PAGE_SIZE, false,
					 &run->ref[run->out]);

		if (error == 0)
			continue;
		if (run->out == 0) {
			run->out = 1;
			run_back(run);
		} else {
			shared_run_close(run);
		}
		return error;
	}
	*out = run;
	return 0;
}

bool shared_run_mapped(const struct shared_run *run)
{
	size_t mapped = 0;

	while (mapped < run->pages && gnttab_mapped(run->ref[mapped]))
		mapped++;
	return mapped == run->pages;
}

void shared_run_close(struct shared_run *run)
{
	if (run == NULL)
		return;
	/* The last end may free the run. */
	for (size_t left = run->out; left > 0; left--)
		gnttab_end_then(run->ref[left - 1], run_back, run);
}
