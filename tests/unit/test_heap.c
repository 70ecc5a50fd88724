/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/core/heap.c and slab.c.
 * Why:  every byte of the program and of the kernel that is not static lives there.
 * How:  random work against a shadow model, with and without memory; every alignment; what may
 *       fail is made to; the caller's bugs that must panic.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"

#define MAPPED 400

static struct heap_stats stats(void)
{
	struct heap_stats now;

	heap_stats(&now);
	return now;
}

struct held {
	uint8_t *at;
	size_t size;
	uint8_t name;
};

static void stamp(const struct held *held)
{
	if (held->at)
		memset(held->at, held->name, held->size);
}

static void check(const struct held *held, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(held->at[i], held->name);
}

static size_t random_size(void)
{
	switch (unit_random() % 8) {
	case 0:
		return unit_random() % 20000;
	case 1:
		return unit_random() % 4;
	default:
		return unit_random() % 600;
	}
}

static void random_work(size_t pages, int rounds)
{
	static struct held held[300];

	fake_kernel_pages(pages, 0);
	for (int round = 0; round < rounds; round++) {
		struct held *it = &held[unit_random() % ARRAY_SIZE(held)];
		const size_t size = random_size();

		if (!it->at) {
			it->size = size;
			it->name = (uint8_t)unit_random();
			it->at = unit_random() % 4
					 ? heap_alloc(size)
					 : heap_alloc_aligned(1u << unit_random() % 13, size);
			assert_true(!it->at || heap_usable(it->at) >= size);
			assert_int_equal((uintptr_t)it->at % 16, 0);
		} else if (unit_random() % 3 == 0) {
			uint8_t *moved = heap_realloc(it->at, size);

			check(&(struct held){moved ? moved : it->at, 0, it->name},
			      moved && size < it->size ? size : it->size);
			if (moved) {
				it->at = moved;
				it->size = size;
			}
		} else {
			check(it, it->size);
			heap_free(it->at);
			it->at = NULL;
		}
		stamp(it);
	}
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		if (held[i].at)
			check(&held[i], held[i].size);
		heap_free(held[i].at);
	}
	assert_int_equal(stats().objects, 0);
	assert_int_equal(stats().bytes, 0);
}

static void random_work_with_memory(void **state)
{
	struct page_stats after;

	(void)state;
	random_work(3000, 60000);
	/* Everything goes back: to the pages, not just to the heap. */
	page_stats(&after);
	assert_int_equal(stats().pages, after.in_use);
	assert_true(after.in_use <= 1);
}

/* Half of the requests fail; nothing that exists may suffer from it. */
static void random_work_without_memory(void **state)
{
	(void)state;
	random_work(60, 60000);
}

static void sizes_and_alignments(void **state)
{
	(void)state;
	fake_kernel_pages(MAPPED, 4000);
	for (size_t align = 1; align <= (size_t)2 << 20; align *= 2)
		for (size_t size = 1; size <= 40000; size += 1 + size * 3) {
			char *p = heap_alloc_aligned(align, size);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % align, 0);
			assert_true(heap_usable(p) >= size);
			memset(p, 1, heap_usable(p));
			heap_free(p);
		}
	assert_null(heap_alloc_aligned(0, 1));
	assert_null(heap_alloc_aligned(24, 1));
	assert_null(heap_alloc_aligned((size_t)4 << 20, 1));
	/* An object whose size is a power of two lies at a multiple of it. */
	for (size_t size = 16; size <= 4096; size *= 2)
		for (int i = 0; i < 20; i++)
			assert_int_equal((uintptr_t)heap_alloc(size) % size, 0);
}

static void absurd_sizes_fail(void **state)
{
	void *p;

	(void)state;
	fake_kernel_pages(MAPPED, 0);
	p = heap_alloc(10);
	for (size_t less = 0; less < 9000; less += 7) {
		assert_null(heap_alloc(SIZE_MAX - less));
		assert_null(heap_zalloc(SIZE_MAX - less));
		assert_null(heap_realloc(p, SIZE_MAX - less));
		assert_null(heap_alloc_aligned(4096, SIZE_MAX - less));
		assert_null(heap_alloc_aligned((size_t)2 << 20, SIZE_MAX - less));
	}
	assert_null(heap_alloc((size_t)1 << 44));
	assert_int_equal(stats().objects, 1);
}

static void small_promises(void **state)
{
	char *zero, *text;

	(void)state;
	fake_kernel_pages(MAPPED, 0);
	zero = heap_alloc(0);
	assert_non_null(zero);
	heap_free(zero);
	heap_free(NULL);
	assert_int_equal(heap_usable(NULL), 0);
	/* Dirty memory does not come back as zeroed. */
	for (size_t size = 1; size < 9000; size = size * 3 + 1) {
		char *p = heap_alloc(size);

		memset(p, 0xff, size);
		heap_free(p);
		p = heap_zalloc(size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		heap_free(p);
	}
	text = heap_strndup("hello", 3);
	assert_string_equal(text, "hel");
	heap_free(text);
	text = heap_realloc(NULL, 5);
	text = heap_realloc(text, 0);
	assert_non_null(text);
	heap_free(text);
	assert_int_equal(stats().objects, 0);
}

static void start(void)
{
	fake_console_start();
	fake_kernel_start(NULL);
	fake_kernel_expect_end(SHUTDOWN_crash, "not an object of the heap");
}

static void freeing_twice_panics(void **state)
{
	char *p, *other;

	(void)state;
	start();
	p = heap_alloc(40);
	other = heap_alloc(40);
	heap_free(p);
	(void)other; /* keeps the slab alive */
	heap_free(p);
}

static void freeing_a_large_one_twice_panics(void **state)
{
	char *p;

	(void)state;
	start();
	p = heap_alloc(9000);
	heap_free(p);
	heap_free(p);
}

static void freeing_the_middle_panics(void **state)
{
	(void)state;
	start();
	heap_free((char *)heap_alloc(64) + 16);
}

static void freeing_the_middle_of_a_run_panics(void **state)
{
	(void)state;
	start();
	heap_free((char *)heap_alloc(9000) + 4096);
}

static void freeing_a_page_of_somebody_panics(void **state)
{
	(void)state;
	start();
	heap_free(page_alloc());
}

static void freeing_a_static_object_panics(void **state)
{
	static char object[16];

	(void)state;
	start();
	heap_free(object);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(random_work_with_memory),
	cmocka_unit_test(random_work_without_memory),
	cmocka_unit_test(sizes_and_alignments),
	cmocka_unit_test(absurd_sizes_fail),
	cmocka_unit_test(small_promises),
	cmocka_unit_test(freeing_twice_panics),
	cmocka_unit_test(freeing_a_large_one_twice_panics),
	cmocka_unit_test(freeing_the_middle_panics),
	cmocka_unit_test(freeing_the_middle_of_a_run_panics),
	cmocka_unit_test(freeing_a_page_of_somebody_panics),
	cmocka_unit_test(freeing_a_static_object_panics),
};

UNIT_MAIN(tests)
