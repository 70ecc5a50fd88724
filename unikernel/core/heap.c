/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/heap.h"

#include <stdint.h>
#include <string.h>

#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/slab.h"

/*
 * The sizes of small objects: four to each doubling, where a page takes them without much waste.
 * At most a fifth of an object is unused above 64 bytes, and at most 336 bytes at a page's end.
 */
static struct slab_class classes[] = {
	{.size = 16},	{.size = 32},	{.size = 48},	{.size = 64},  {.size = 80},  {.size = 96},
	{.size = 112},	{.size = 128},	{.size = 160},	{.size = 192}, {.size = 224}, {.size = 256},
	{.size = 320},	{.size = 368},	{.size = 448},	{.size = 512}, {.size = 672}, {.size = 816},
	{.size = 1024}, {.size = 1360}, {.size = 2048},
};

#define SMALL_MAX 2048
#define ALIGN_MAX ((size_t)2 << 20)

static struct {
	size_t objects, bytes, run_pages;
} held;

/* The smallest class for a size, found once for each multiple of 16. */
static struct slab_class *class_of(size_t size)
{
	static uint8_t by_size[SMALL_MAX / 16 + 1]; /* number of the class, plus one */
	size_t sixteenths = (size + 15) / 16;
	uint8_t c = by_size[sixteenths];

	if (!c) {
		while (classes[c].size < size)
			c++;
		by_size[sixteenths] = ++c;
	}
	return &classes[c - 1];
}

static void *count_in(void *p, size_t bytes)
{
	if (p) {
		held.objects++;
		held.bytes += bytes;
	}
	return p;
}

static void *slab_object(size_t size, size_t *usable)
{
	struct slab_class *class = class_of(size ? size : 1);

	*usable = class->size;
	return count_in(slab_alloc(class), class->size);
}

static void *run_alloc(size_t size, size_t align)
{
	size_t n = pages_of(size);
	void *p = align <= PAGE_SIZE ? pages_alloc(n) : pages_alloc_aligned(n, align >> PAGE_SHIFT);

	if (!p)
		return NULL;
	page_set_use(p, PAGE_USE_HEAP_RUN, NULL);
	held.run_pages += n;
	return count_in(p, n << PAGE_SHIFT);
}

void *heap_alloc_counted(size_t size, size_t *usable)
{
	if (size <= SMALL_MAX)
		return slab_object(size, usable);
	*usable = pages_of(size) << PAGE_SHIFT;
	return run_alloc(size, 1);
}

void *heap_alloc(size_t size)
{
	size_t usable;

	return heap_alloc_counted(size, &usable);
}

void *heap_zalloc(size_t size)
{
	void *p = heap_alloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *heap_alloc_aligned(size_t align, size_t size)
{
	size_t rounded = 16;

	if (!align || (align & (align - 1)) || align > ALIGN_MAX)
		return NULL;
	if (align <= 16)
		return heap_alloc(size);
	if (size > SMALL_MAX || align > SMALL_MAX)
		return run_alloc(size ? size : 1, align);
	/* Objects whose size is a power of two lie at multiples of it. */
	while (rounded < size || rounded < align)
		rounded *= 2;
	return heap_alloc(rounded);
}

static _Noreturn void not_an_object(const void *p)
{
	panic("%p is not an object of the heap, or was freed already", p);
}

static bool is_run(const void *p, const struct page_run *run)
{
	return run->use == PAGE_USE_HEAP_RUN && !((uintptr_t)p & PAGE_MASK);
}

/* What p is: its usable size, and its run; p not being an object in use is a bug. */
static size_t object_of(const void *p, struct page_run *run)
{
	size_t size = 0;

	if (page_get_run(p, run)) {
		if (run->use == PAGE_USE_SLAB)
			size = slab_object_size(run->owner, p);
		else if (is_run(p, run))
			size = run->count << PAGE_SHIFT;
	}
	if (!size)
		not_an_object(p);
	return size;
}

size_t heap_free_counted(void *p)
{
	struct page_run run;
	size_t size = 0;

	if (!p)
		return 0;
	if (!page_get_run(p, &run))
		not_an_object(p);
	if (run.use == PAGE_USE_SLAB) {
		size = slab_free(run.owner, p);
	} else if (is_run(p, &run)) {
		size = run.count << PAGE_SHIFT;
		held.run_pages -= run.count;
		pages_free(p, run.count);
	}
	if (!size)
		not_an_object(p);
	held.bytes -= size;
	held.objects--;
	return size;
}

void heap_free(void *p)
{
	(void)heap_free_counted(p);
}

size_t heap_usable(const void *p)
{
	struct page_run run;

	return p ? object_of(p, &run) : 0;
}

/* A run of pages stays where it is if it can. */
static bool run_resize(void *p, const struct page_run *run, size_t size)
{
	size_t n = pages_of(size);

	if (!pages_resize(p, run->count, n))
		return false;
	held.run_pages += n - run->count;
	held.bytes += (n - run->count) << PAGE_SHIFT;
	return true;
}

void *heap_realloc(void *p, size_t size)
{
	struct page_run run;
	size_t usable;
	void *moved;

	if (!p)
		return heap_alloc(size);
	if (!size)
		size = 1;
	usable = object_of(p, &run);
	if (run.use == PAGE_USE_HEAP_RUN) {
		if (size > SMALL_MAX && run_resize(p, &run, size))
			return p;
	} else if (size <= usable && class_of(size)->size == usable) {
		return p;
	}
	moved = heap_alloc(size);
	if (!moved)
		return size <= usable ? p : NULL; /* a smaller one need not fail */
	memcpy(moved, p, size < usable ? size : usable);
	heap_free(p);
	return moved;
}

char *heap_strndup(const char *s, size_t len)
{
	char *copy = heap_alloc(len + 1);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

void heap_stats(struct heap_stats *stats)
{
	*stats = (struct heap_stats){
		.objects = held.objects,
		.bytes = held.bytes,
		.pages = held.run_pages + slab_pages(),
	};
}
