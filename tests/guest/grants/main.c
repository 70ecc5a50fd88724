/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   grants, their end while mapped, parking, and growth of the table.
 * Why:    a page whose grant did not end must not be used again; a reference that is not ours must
 *         not be ended.
 * Method: the domain maps its own grants, through Xen, as a back end would. It has to know its own
 *         number for that: it runs as dom0.
 */
#include <errno.h>

#include "hypercall/hypercall.h"
#include "tests/guest/verdict.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

/* Maps a grant of ours in place of a page of ours; the handle, or a negative status. */
static int map(grant_ref_t ref, void *at, bool readonly, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = (uintptr_t)at,
		.flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0),
		.ref = ref,
		.dom = 0,
	};

	if (hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1))
		return -EIO;
	*handle = op.handle;
	return op.status;
}

static int unmap(void *at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {.host_addr = (uintptr_t)at, .handle = handle};

	if (hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1))
		return -EIO;
	arch_protect(at, 1, ARCH_WRITE);
	return op.status;
}

static void grant_and_end(void)
{
	struct gnttab_stats before, after;
	char *page = page_alloc(), *window = page_alloc();
	grant_ref_t ref, second;
	grant_handle_t handle;

	/* The first grant makes the table. */
	CHECK(gnttab_grant(0, page, false, &ref) == 0);
	CHECK(ref >= GNTTAB_NR_RESERVED_ENTRIES);
	CHECK(gnttab_end(ref) == 0);
	gnttab_stats(&before);

	page[0] = 'a';
	CHECK(gnttab_grant(0, page, false, &ref) == 0);
	arch_protect(window, 1, ARCH_NONE);
	if (!CHECK(map(ref, window, false, &handle) == GNTST_okay))
		return;
	CHECK(window[0] == 'a');
	window[1] = 'b';
	CHECK(page[1] == 'b');

	CHECK(gnttab_end(ref) == -EBUSY); /* it is mapped */
	CHECK(gnttab_end(ref) == -EBUSY);
	CHECK(unmap(window, handle) == GNTST_okay);
	CHECK(gnttab_end(ref) == 0);
	CHECK(gnttab_end(ref) == -EINVAL); /* twice */
	CHECK(gnttab_end(0) == -EINVAL);
	CHECK(gnttab_end(1) == -EINVAL); /* xenstore's */
	CHECK(gnttab_end(511) == -EINVAL);
	CHECK(gnttab_end(UINT32_MAX) == -EINVAL);

	/* A read-only grant cannot be mapped to be written. */
	CHECK(gnttab_grant(0, page, true, &ref) == 0);
	arch_protect(window, 1, ARCH_NONE);
	CHECK(map(ref, window, false, &handle) != GNTST_okay);
	CHECK(gnttab_grant(0, page, true, &second) == 0 && second != ref);
	CHECK(gnttab_end(ref) == 0 && gnttab_end(second) == 0);
	arch_protect(window, 1, ARCH_WRITE);

	gnttab_stats(&after);
	CHECK(after.in_use == before.in_use && after.unused == before.unused);
	page_free(page);
	page_free(window);
}

static void parking(void)
{
	struct gnttab_stats stats;
	struct page_stats before, after;
	char *window = page_alloc(), *page;
	grant_ref_t ref;
	grant_handle_t handle;

	page_stats(&before);
	page = page_alloc();
	CHECK(gnttab_grant(0, page, false, &ref) == 0);
	arch_protect(window, 1, ARCH_NONE);
	CHECK(map(ref, window, false, &handle) == GNTST_okay);

	CHECK(gnttab_end_and_free(ref, page) == 0); /* parks it */
	gnttab_stats(&stats);
	CHECK(stats.parked == 1 && stats.in_use == 1);
	CHECK(gnttab_end(ref) == -EINVAL);
	CHECK(gnttab_end_and_free(ref, page) == -EINVAL);
	thread_sleep_until(time_in(1500 * TIME_MS));
	gnttab_stats(&stats);
	CHECK(stats.parked == 1); /* looked at once, still mapped */
	window[0] = 'x';	  /* and still ours to write to, as a back end */

	CHECK(unmap(window, handle) == GNTST_okay);
	thread_sleep_until(time_in(1500 * TIME_MS));
	gnttab_stats(&stats);
	CHECK(stats.parked == 0 && stats.in_use == 0);
	page_stats(&after);
	CHECK(after.in_use == before.in_use);
	page_free(window);
}

static void many(void)
{
	enum { MANY = 2000 };
	static grant_ref_t refs[MANY];
	char *page = page_alloc();
	size_t granted = 0, ended = 0;
	uint64_t begin = time_monotonic_ns();
	struct gnttab_stats stats;

	while (granted < MANY && gnttab_grant(0, page, false, &refs[granted]) == 0)
		granted++;
	CHECK(granted == MANY);
	for (size_t i = 0; i < granted; i++)
		ended += gnttab_end(refs[i]) == 0;
	CHECK(ended == granted);
	say("a grant and its end take %llu ns\n",
	    (unsigned long long)((time_monotonic_ns() - begin) / MANY));
	gnttab_stats(&stats);
	CHECK(stats.in_use == 0);
	page_free(page);
}

int main(void)
{
	if (!boot_info.dom0)
		return verdict_skip("grants", "not dom0: own number unknown");
	grant_and_end();
	parking();
	many();
	return verdict("grants");
}
