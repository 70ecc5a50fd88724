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
 * For arch, at boot, in ascending order, every range once: pages [first, first + count). Mapped
 * ones join the allocator; pages of a lazy range are taken with arch_map_chunk() when needed.
 * page_init() is first, with the end of all of it, and a mapped range that is to hold the
 * allocator's own tables: 16 bytes a mapped page, 8 bytes for every 2 MiB below end.
 */
void page_init(size_t end_pfn, size_t tables_pfn, size_t tables_count);
void page_add(size_t first_pfn, size_t count);
void page_add_lazy(size_t first_pfn, size_t count);

/* For arch_map_chunk(): a page for a page table, from a reserve that is refilled afterwards. */
void *page_for_table(void);

/* For the heap: what an allocated run is used for, kept beside the run. */
enum page_use { PAGE_USE_PLAIN, PAGE_USE_SLAB, PAGE_USE_HEAP_RUN };

void page_set_use(const void *p, enum page_use use, void *owner);
/* The use of the page that p points into and its owner; false if it is not the start of a run. */
bool page_get_use(const void *p, enum page_use *use, void **owner, size_t *run);

#endif
