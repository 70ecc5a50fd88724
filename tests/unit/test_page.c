/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/page.c, runs of pages.
 * Why:  grants, stacks and the heap come from it; two owners of one page is the worst bug there is.
 * How:  against a shadow model that knows the owner of each page, randomly; with memory that comes
 *       lazily, runs out or cannot be mapped; and the caller's bugs that must panic.
 */
#include "tests/unit/unit.h"

#include <sanitizer/asan_interface.h>

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/page.h"

#define MAPPED 300
#define LAZY   2000

static struct page_stats stats(void)
{
	struct page_stats now;

	page_stats(&now);
	return now;
}

static void runs_are_distinct_and_writable(void **state)
{
	char *a, *b, *c;

	(void)state;
	fake_kernel_pages(MAPPED, 0);
	a = page_alloc();
	b = pages_alloc(7);
	c = page_alloc();
	assert_true(a && b && c);
	assert_int_equal(((uintptr_t)a | (uintptr_t)b | (uintptr_t)c) & PAGE_MASK, 0);
	memset(a, 1, PAGE_SIZE);
	memset(b, 2, 7 * PAGE_SIZE);
	memset(c, 3, PAGE_SIZE);
	assert_int_equal(a[0] + a[PAGE_SIZE - 1], 2);
	assert_int_equal(b[0] + b[7 * PAGE_SIZE - 1], 4);
	assert_int_equal(stats().in_use, 9);
	assert_null(pages_alloc(0));
	assert_null(pages_alloc(SIZE_MAX));
	assert_null(pages_alloc((size_t)1 << 33));
	pages_free(NULL, 1);
}

/* Random work; what is allocated carries its own name in every page. */
static void random_work_against_a_model(void **state)
{
	static struct {
		uint32_t *at;
		size_t n;
		uint32_t name;
	} held[200];
	uint32_t name = 0;

	(void)state;
	fake_kernel_pages(MAPPED, LAZY);
	for (int round = 0; round < 60000; round++) {
		const size_t i = unit_random() % ARRAY_SIZE(held);
		const uint32_t what = unit_random() % 8;

		for (size_t page = 0; held[i].at && page < held[i].n; page++)
			assert_int_equal(held[i].at[page * 1024 + 5], held[i].name);
		if (!held[i].at) {
			held[i].n = 1 + unit_random() % (what ? 6 : 60);
			held[i].at = pages_alloc(held[i].n);
			held[i].name = ++name;
		} else if (what < 2) {
			size_t n = 1 + unit_random() % (held[i].n + 3);

			if (pages_resize(held[i].at, held[i].n, n))
				held[i].n = n;
			else
				assert_true(n > held[i].n);
		} else {
			pages_free(held[i].at, held[i].n);
			held[i].at = NULL;
		}
		for (size_t page = 0; held[i].at && page < held[i].n; page++)
			held[i].at[page * 1024 + 5] = held[i].name;
	}
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		pages_free(held[i].at, held[i].n);
	/* All can be had again, but for the allocator's own tables and its reserve. */
	assert_int_equal(stats().in_use, 0);
	assert_true(stats().free_run > stats().mapped / 2);
	while (page_alloc())
		;
	assert_true(stats().in_use + 40 > MAPPED + LAZY);
}

static void memory_comes_when_it_is_wanted(void **state)
{
	struct page_stats before;
	size_t got = 0;

	(void)state;
	fake_kernel_pages(MAPPED, LAZY);
	before = stats();
	assert_int_equal(before.total, MAPPED + LAZY);
	assert_int_equal(before.mapped, MAPPED);
	while (page_alloc())
		got++;
	assert_int_equal(stats().mapped, MAPPED + LAZY);
	/* No page is lost: what is not handed out are tables, 16 bytes a page, and the reserve. */
	assert_true(got + 40 > MAPPED + LAZY);
}

static void exhaustion_is_an_error_and_passes(void **state)
{
	void *held[MAPPED];
	size_t count = 0;

	(void)state;
	fake_kernel_pages(MAPPED, 0);
	while ((held[count] = page_alloc()))
		count++;
	assert_null(pages_alloc(1));
	page_free(held[--count]);
	assert_ptr_equal(page_alloc(), held[count++]);
	while (count)
		page_free(held[--count]);
	assert_int_equal(stats().in_use, 0);
	assert_non_null(pages_alloc(stats().free_run));
}

static void xen_may_refuse_a_chunk(void **state)
{
	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	fake_chunks_refused = true;
	while (page_alloc())
		;
	assert_int_equal(fake_console_lines_with("cannot map"), 1);
}

static void aligned_runs(void **state)
{
	(void)state;
	fake_kernel_pages(MAPPED, LAZY);
	for (size_t align = 1; align <= 512; align *= 2)
		for (size_t n = 1; n < 20; n += 6) {
			void *run = pages_alloc_aligned(n, align);

			assert_non_null(run);
			assert_int_equal((uintptr_t)run / PAGE_SIZE % align, 0);
			memset(run, 0x5a, n * PAGE_SIZE);
			pages_free(run, n);
		}
	assert_null(pages_alloc_aligned(SIZE_MAX, 2));
	assert_int_equal(stats().in_use, 0);
}

/* What the seam says to ASan: the rest of the tests rely on it. */
static void free_pages_are_out_of_reach(void **state)
{
	char *run;

	(void)state;
	fake_kernel_pages(MAPPED, 0);
	run = pages_alloc(4);
	assert_null(__asan_region_is_poisoned(run, 4 * PAGE_SIZE));
	assert_true(pages_resize(run, 4, 2));
	assert_ptr_equal(__asan_region_is_poisoned(run, 4 * PAGE_SIZE), run + 2 * PAGE_SIZE);
	assert_true(pages_resize(run, 2, 3));
	assert_ptr_equal(__asan_region_is_poisoned(run, 4 * PAGE_SIZE), run + 3 * PAGE_SIZE);
	pages_free(run, 3);
	assert_ptr_equal(__asan_region_is_poisoned(run, PAGE_SIZE), run);
}

static void freeing_twice_panics(void **state)
{
	void *page;

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	page = page_alloc();
	page_free(page);
	fake_kernel_expect_end(SHUTDOWN_crash, "not allocated");
	page_free(page);
}

static void freeing_another_length_panics(void **state)
{
	char *run;

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	run = pages_alloc(4);
	fake_kernel_expect_end(SHUTDOWN_crash, "not allocated");
	pages_free(run, 3);
}

static void freeing_the_middle_panics(void **state)
{
	char *run;

	(void)state;
	fake_console_start();
	fake_kernel_start(NULL);
	run = pages_alloc(4);
	fake_kernel_expect_end(SHUTDOWN_crash, "not allocated");
	pages_free(run + PAGE_SIZE, 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(runs_are_distinct_and_writable),
	cmocka_unit_test(random_work_against_a_model),
	cmocka_unit_test(memory_comes_when_it_is_wanted),
	cmocka_unit_test(exhaustion_is_an_error_and_passes),
	cmocka_unit_test(xen_may_refuse_a_chunk),
	cmocka_unit_test(aligned_runs),
	cmocka_unit_test(free_pages_are_out_of_reach),
	cmocka_unit_test(freeing_twice_panics),
	cmocka_unit_test(freeing_another_length_panics),
	cmocka_unit_test(freeing_the_middle_panics),
};

UNIT_MAIN(tests)
