/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   all memory of the domain can be had, is distinct, and comes back as one run.
 * Why:    most of it is mapped only when the allocator first takes it; a wrong frame in a page table
 *         would show as two addresses of one page, a lost one as memory that never comes back.
 * Method: take every page, write its own address into it, read all back, free in another order than
 *         taken, see that the longest free run is what it can be. Then the heap with many sizes.
 */
#include <string.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

/* Taken pages hang together through their first words; the second holds their own address. */
struct taken {
	struct taken *next;
	uintptr_t self;
};

static void pages_all(void)
{
	struct page_stats before, full, after;
	struct taken *list[2] = {NULL, NULL}; /* taken in turn, so that each is half of the pages */
	size_t count = 0, wrong = 0;
	uint64_t begin = time_monotonic_ns();

	page_stats(&before);
	for (;; count++) {
		struct taken *page = page_alloc();

		if (!page)
			break;
		page->next = list[count % 2];
		page->self = (uintptr_t)page;
		list[count % 2] = page;
	}
	page_stats(&full);
	say("%zu pages of %zu taken, first to last in %llu us\n", count, before.total,
	    (unsigned long long)((time_monotonic_ns() - begin) / 1000));
	CHECK(full.mapped == full.total);
	CHECK(full.in_use == before.in_use + count);
	/* The rest is page tables and the allocator's own: an eightieth, and some at any size. */
	CHECK(count > before.total - before.total / 80 - 24);

	for (int half = 0; half < 2; half++) {
		while (list[half]) {
			struct taken *page = list[half];

			wrong += page->self != (uintptr_t)page;
			list[half] = page->next;
			page_free(page);
		}
	}
	CHECK(wrong == 0);
	page_stats(&after);
	CHECK(after.in_use == before.in_use);
	/* Tables lie in between, but not often: 40 MiB are in one piece if there are that many. */
	say("longest free run: %zu pages\n", after.free_run);
	CHECK(after.free_run >= (after.total / 2 < 10000 ? after.total / 2 : 10000));
}

static void pages_runs(void)
{
	struct page_stats before, after;
	char *a = pages_alloc(3), *b = pages_alloc(5), *c = pages_alloc(7);
	char *aligned;

	page_stats(&before);
	CHECK(a && b && c);
	CHECK(pages_alloc(0) == NULL);
	CHECK(pages_alloc(before.total + 1) == NULL);
	CHECK(pages_alloc(SIZE_MAX) == NULL);
	CHECK(pages_resize(b, 5, 2) && pages_resize(b, 2, 5));
	CHECK(!pages_resize(a, 3, 4) || a + 3 * PAGE_SIZE != b); /* not into a neighbour */
	memset(b, 0xb, 5 * PAGE_SIZE);
	aligned = pages_alloc_aligned(4, 64);
	CHECK(aligned && (uintptr_t)aligned % (64 * PAGE_SIZE) == 0);
	pages_free(aligned, 4);
	pages_free(b, 5);
	pages_free(a, 3);
	pages_free(c, 7);
	page_stats(&after);
	CHECK(after.in_use + 15 == before.in_use);
}

/* A small generator: the same numbers in every run. */
static uint32_t random_next(void)
{
	static uint32_t state = 1;

	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static void heap_many(void)
{
	enum { OBJECTS = 400, ROUNDS = 20000 };
	static struct {
		unsigned char *p;
		size_t size;
	} object[OBJECTS];
	struct heap_stats before, after;
	size_t wrong = 0, misaligned = 0;
	uint64_t begin;

	heap_stats(&before);
	begin = time_monotonic_ns();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t i = random_next() % OBJECTS;
		size_t size = random_next() % (random_next() % 16 ? 300 : 9000);

		if (object[i].p) {
			wrong += object[i].size &&
				 (object[i].p[0] != (unsigned char)i ||
				  object[i].p[object[i].size - 1] != (unsigned char)i);
			if (random_next() % 4) {
				heap_free(object[i].p);
				object[i].p = NULL;
				continue;
			}
		}
		object[i].p = heap_realloc(object[i].p, size);
		object[i].size = size;
		misaligned += (uintptr_t)object[i].p % 16;
		if (object[i].p)
			memset(object[i].p, (int)i, size);
	}
	say("heap: %u operations in %llu us\n", ROUNDS,
	    (unsigned long long)((time_monotonic_ns() - begin) / 1000));
	CHECK(wrong == 0);
	CHECK(misaligned == 0);
	for (size_t i = 0; i < OBJECTS; i++) {
		heap_free(object[i].p);
		object[i].p = NULL;
	}
	heap_stats(&after);
	CHECK(after.objects == before.objects && after.bytes == before.bytes);
	CHECK(after.pages == before.pages);
}

static void heap_limits(void)
{
	char *p;

	CHECK(heap_alloc(SIZE_MAX) == NULL);
	CHECK(heap_alloc(SIZE_MAX - 4096) == NULL);
	CHECK(heap_alloc_aligned(3, 8) == NULL);
	for (size_t align = 16; align <= (256 << 10); align *= 2) {
		p = heap_alloc_aligned(align, 40);
		CHECK(p && (uintptr_t)p % align == 0);
		heap_free(p);
	}
	p = heap_zalloc(5000);
	CHECK(p && heap_usable(p) >= 5000 && p[0] == 0 && p[4999] == 0);
	memset(p, 7, 5000);
	p = heap_realloc(p, 100);
	CHECK(p && p[0] == 7 && p[99] == 7);
	heap_free(p);
	heap_free(NULL);
}

int main(void)
{
	pages_runs();
	heap_limits();
	heap_many();
	pages_all();
	heap_many(); /* with everything mapped now, and freed in another order */
	return verdict("memory");
}
