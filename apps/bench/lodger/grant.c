/* SPDX-License-Identifier: BSD-2-Clause */
/* grant.cycle: a page granted to dom0, and taken back; nobody maps it. */
#include "unikernel/core/gnttab.h"

#include "apps/bench/figure.h"
#include "unikernel/core/page.h"

#define GRANTEE 0 /* dom0 */

static const char *run(void *context, struct sample *sample)
{
	for (unsigned int i = 0; i < sample->operations; i++) {
		grant_ref_t ref;

		if (gnttab_grant(GRANTEE, context, false, &ref) != 0 || gnttab_end(ref) != 0)
			return "the page cannot be granted and taken back";
	}
	return NULL;
}

const char *grant_cycle(const struct figure *figure)
{
	void *page = page_alloc();
	const struct measurement measurement = {.run = run, .context = page, .batch = 100};
	const char *reason;

	if (!page)
		return "there is no memory for a page";
	reason = figure_measure(figure, &measurement);
	page_free(page);
	return reason;
}
