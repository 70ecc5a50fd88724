/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/gnttab.c.
 * Why:  a grant that is ended wrongly gives the back end a page that somebody else uses by then.
 * How:  the fake maps and copies through the table as Xen does and compares the entry when it lets
 *       go; ends while mapped, twice, of numbers made up; a table that is full, cannot grow, or is
 *       written into by the other side.
 */
#include "tests/unit/unit.h"

#include <errno.h>

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

static void start(void)
{
	fake_console_start();
	fake_kernel_start(NULL);
}

static struct gnttab_stats stats(void)
{
	struct gnttab_stats now;

	gnttab_stats(&now);
	return now;
}

static size_t pages_in_use(void)
{
	struct page_stats now;

	page_stats(&now);
	return now.in_use;
}

static void granted_pages_can_be_mapped_as_granted(void **state)
{
	grant_ref_t rw, ro;
	char *page, *seen;
	int status;

	(void)state;
	start();
	page = page_alloc();
	assert_int_equal(gnttab_grant(FAKE_DOM0, page, false, &rw), 0);
	assert_int_equal(gnttab_grant(FAKE_DOM0, page, true, &ro), 0);
	assert_int_not_equal(rw, ro);
	/* Xen keeps the first eight for console and store. */
	assert_true(rw >= 8 && ro >= 8);
	seen = fake_gnttab_map(FAKE_DOM0, rw, false, &status);
	assert_ptr_equal(seen, page);
	fake_gnttab_unmap(rw, false);
	assert_null(fake_gnttab_map(FAKE_DOM0, ro, false, &status));
	assert_int_equal(status, GNTST_permission_denied);
	assert_null(fake_gnttab_map(3, rw, false, &status));
	assert_int_equal(status, GNTST_permission_denied);
	assert_int_equal(gnttab_end(rw), 0);
	assert_int_equal(gnttab_end(ro), 0);
	assert_null(fake_gnttab_map(FAKE_DOM0, rw, false, &status));
	assert_int_equal(status, GNTST_bad_gntref);
	assert_int_equal(fake_gnttab_granted(), 0);
}

static void a_mapped_grant_is_busy(void **state)
{
	grant_ref_t ref;
	char *page;
	int status;

	(void)state;
	start();
	page = page_alloc();
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	assert_non_null(fake_gnttab_map(FAKE_DOM0, ref, true, &status));
	assert_int_equal(gnttab_end(ref), -EBUSY);
	assert_int_equal(gnttab_end(ref), -EBUSY);
	assert_int_equal(stats().in_use, 1);
	fake_gnttab_unmap(ref, true); /* checks that the entry is as it was */
	assert_int_equal(gnttab_end(ref), 0);
	assert_int_equal(stats().in_use, 0);
}

static void ending_twice_or_at_random_is_refused(void **state)
{
	static const grant_ref_t made_up[] = {0, 1, 7, 8, 500, 511, 512, 100000, UINT32_MAX};
	grant_ref_t ref, other;
	char *page;

	(void)state;
	start();
	page = page_alloc();
	for (size_t i = 0; i < ARRAY_SIZE(made_up); i++)
		assert_int_equal(gnttab_end(made_up[i]), -EINVAL);
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	assert_int_equal(gnttab_end(ref), 0);
	assert_int_equal(gnttab_end(ref), -EINVAL);
	assert_int_equal(gnttab_end_and_free(ref, page), -EINVAL);
	/* The free list did not suffer: no reference is given out twice. */
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	gnttab_grant(FAKE_DOM0, page, false, &other);
	assert_int_not_equal(ref, other);
}

static void a_page_that_is_kept_is_parked_until_it_is_let_go(void **state)
{
	grant_ref_t ref;
	size_t before;
	char *page;
	int status;

	(void)state;
	start();
	/* What the table itself takes is there before we count. */
	page = page_alloc();
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	gnttab_end_and_free(ref, page);
	before = pages_in_use();

	page = page_alloc();
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	assert_non_null(fake_gnttab_map(FAKE_DOM0, ref, false, &status));
	gnttab_end_and_free(ref, page);
	assert_int_equal(stats().parked, 1);
	assert_int_equal(pages_in_use(), before + 1);
	fake_kernel_run(5 * TIME_S);
	assert_int_equal(stats().parked, 1);
	assert_int_equal(gnttab_end_and_free(ref, page), -EINVAL); /* it is on its way already */
	fake_gnttab_unmap(ref, false);
	fake_kernel_run(3 * TIME_S);
	assert_int_equal(stats().parked, 0);
	assert_int_equal(stats().in_use, 0);
	assert_int_equal(pages_in_use(), before);
}

static void many_parked_pages_come_back_in_any_order(void **state)
{
	grant_ref_t refs[60], ref;
	size_t before;
	char *pages[60], *page;
	int status;

	(void)state;
	start();
	page = page_alloc();
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	gnttab_end_and_free(ref, page);
	before = pages_in_use();
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		pages[i] = page_alloc();
		gnttab_grant(FAKE_DOM0, pages[i], false, &refs[i]);
		fake_gnttab_map(FAKE_DOM0, refs[i], false, &status);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++)
		gnttab_end_and_free(refs[i], pages[i]);
	assert_int_equal(stats().parked, ARRAY_SIZE(refs));
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		const size_t next = i * 7 % ARRAY_SIZE(refs); /* 7 and 60 have no divisor */

		fake_gnttab_unmap(refs[next], false);
		if (i % 10 == 9)
			fake_kernel_run(2 * TIME_S);
	}
	assert_int_equal(stats().parked, 0);
	assert_int_equal(pages_in_use(), before);
}

static void the_table_grows_and_ends(void **state)
{
	static grant_ref_t refs[FAKE_GRANTS];
	size_t count = 0;
	grant_ref_t ref;
	char *page;
	int error;

	(void)state;
	start();
	page = page_alloc();
	assert_int_equal(stats().frames, 0);
	while ((error = gnttab_grant(FAKE_DOM0, page, true, &ref)) == 0) {
		assert_true(count < ARRAY_SIZE(refs));
		refs[count++] = ref;
	}
	assert_int_equal(error, -ENOSPC);
	assert_in_range(count, FAKE_GRANTS - 8, FAKE_GRANTS);
	assert_int_equal(stats().frames, FAKE_GRANTS * sizeof(struct grant_entry_v1) / PAGE_SIZE);
	assert_int_equal(fake_gnttab_granted(), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(gnttab_end(refs[i]), 0);
	assert_int_equal(fake_gnttab_granted(), 0);
	assert_int_equal(gnttab_grant(FAKE_DOM0, page, true, &ref), 0);
}

static void no_page_for_the_table_is_an_error(void **state)
{
	grant_ref_t ref;
	void *page;

	(void)state;
	start();
	page = page_alloc();
	while (page_alloc())
		;
	assert_true(gnttab_grant(FAKE_DOM0, page, true, &ref) < 0);
}

/* What the other side writes into the table (it cannot, but a bug might) misleads nobody. */
static void the_table_is_not_believed(void **state)
{
	grant_ref_t ref, other;
	char *page;

	(void)state;
	start();
	page = page_alloc();
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	memset(fake_gnttab_entry(ref), 0, sizeof(grant_entry_v1_t));
	assert_int_equal(gnttab_end(ref), 0);
	assert_int_equal(gnttab_end(ref), -EINVAL);
	gnttab_grant(FAKE_DOM0, page, false, &ref);
	gnttab_grant(FAKE_DOM0, page, false, &other);
	assert_int_not_equal(ref, other);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(granted_pages_can_be_mapped_as_granted),
	cmocka_unit_test(a_mapped_grant_is_busy),
	cmocka_unit_test(ending_twice_or_at_random_is_refused),
	cmocka_unit_test(a_page_that_is_kept_is_parked_until_it_is_let_go),
	cmocka_unit_test(many_parked_pages_come_back_in_any_order),
	cmocka_unit_test(the_table_grows_and_ends),
	cmocka_unit_test(no_page_for_the_table_is_an_error),
	cmocka_unit_test(the_table_is_not_believed),
};

UNIT_MAIN(tests)
