/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole pages. va == pseudo-physical address in every mode, so a run of pages is contiguous in
 * both. Memory that the domain has but that nobody asked for yet is not even mapped: the
 * allocator takes it 2 MiB at a time when it runs out (arch_map_chunk), so boot costs the same for
 * 4 MiB and for 4 GiB.
 *
 * A free run is kept in a list by the power of two of its length and is merged with its
 * neighbours as soon as it is freed. One page: a few loads. n pages: the first run of a longer
 * class, or the first that fits of its own.
 */
#ifndef LODGER_CORE_PAGE_H
#define LODGER_CORE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)1 << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)

/* Bytes as pages, rounded up. */
static inline size_t pages_of(size_t bytes)
{
	return (bytes >> PAGE_SHIFT) + ((bytes & PAGE_MASK) != 0);
}

/* One page, n contiguous pages: content undefined; NULL if there are none (or n is 0). */
void *page_alloc(void);
void *pages_alloc(size_t n);
/* … whose first page number is a multiple of align, a power of two. */
void *pages_alloc_aligned(size_t n, size_t align);

/*
 * p and n as they were allocated (NULL is allowed): a run that is not allocated, or of another
 * length, is a bug of the caller's and panics.
 */
void pages_free(void *p, size_t n);

static inline void page_free(void *p)
{
	pages_free(p, 1);
}

/*
 * Makes an allocated run of old_n pages new_n long where it lies. Shrinking always succeeds;
 * growing only if the pages behind it are free.
 */
bool pages_resize(void *p, size_t old_n, size_t new_n);

struct page_stats {
	size_t total;	 /* pages that the allocator has or may map */
	size_t mapped;	 /* … that it has mapped so far, its own tables included */
	size_t in_use;	 /* … that are handed out */
	size_t free_run; /* the longest free run among the mapped */
};

void page_stats(struct page_stats *stats);

/*
 * For arch, at boot, every range once: pages [first, first + count). page_init() is first, with the
 * end of all memory and the first mapped range, from which the allocator takes its own tables: 16
 * bytes a page, and 8 for every MiB below end. Other mapped ranges join with page_add(); those of
 * page_add_lazy() are mapped with arch_map_chunk() when they are needed.
 */
void page_init(size_t end_pfn, size_t first_pfn, size_t count);
void page_add(size_t first_pfn, size_t count);
void page_add_lazy(size_t first_pfn, size_t count);

/*
 * For arch: a page for a page table, never to be freed, from a reserve that is refilled before
 * arch_map_chunk() is called and holds enough for that; NULL if there is none.
 */
void *page_for_table(void);

/* For the heap: what an allocated run is used for, and by what, kept beside the run. */
enum page_use { PAGE_USE_PLAIN, PAGE_USE_SLAB, PAGE_USE_HEAP_RUN };

struct page_run {
	enum page_use use;
	void *owner;
	size_t count; /* pages */
};

/* p: the start of an allocated run. */
void page_set_use(const void *p, enum page_use use, void *owner);
/* The run that starts at the page which p points into; false if none does. */
bool page_get_run(const void *p, struct page_run *run);

#endif
