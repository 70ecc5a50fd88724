/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator. For every mapped page there is a struct page, kept apart from the page, so
 * that what is written into freed memory by mistake cannot lead the allocator astray:
 *
 *	directory          tables of one page each           memory
 *	[pfn / 256]  --->  256 × struct page            ---  1 MiB
 *
 * Pages come in runs, free or used, and only the ends of a run say so:
 *
 *	     run of 5, used            free, 3            used, 1
 *	| USED    .  .  .  END |  FREE   .   FREE |  USED |
 *	  count 5                 count 3   count 3  count 1
 *
 * A run that is freed looks at the page before it and the one behind it, and swallows a free run
 * that ends or begins there; so no two free runs ever touch. Free runs are in lists by the power of
 * two of their length, and a word of bits says which lists have any.
 */
#include "unikernel/core/page.h"

#include <errno.h>
#include <string.h>

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/log.h"
#include "unikernel/core/panic.h"

enum page_state {
	PAGE_INSIDE, /* of a run, or not the allocator's */
	PAGE_FREE,   /* first or last of a free run; count is its length */
	PAGE_USED,   /* first of a used run; count is its length */
	PAGE_END,    /* last of a used run of more than one page */
};

struct page {
	uint32_t count;
	uint8_t state; /* enum page_state */
	uint8_t use;   /* enum page_use, of a used run */
	union {
		struct {
			uint32_t next, prev; /* first pages of free runs in one list; 0: none */
		};
		void *owner;
	};
};

#define TABLE_PAGES (PAGE_SIZE / sizeof(struct page)) /* described by one table */
#define LISTS	    32
#define LAZY_RANGES 8
#define TRIES	    16 /* runs that are looked at in a list where not every one will do */

/*
 * Pages for tables are set aside before they are needed, for a new chunk cannot supply them, and
 * many at once, for each breaks the memory around it in two: a chunk takes two tables for struct
 * page, and page tables.
 */
#define RESERVE_MIN (2 + ARCH_CHUNK_TABLES)
#define RESERVE_MAX 64

static struct {
	struct page **directory;
	size_t directory_length;
	uint32_t list[LISTS]; /* free runs of 2^i … 2^(i+1) - 1 pages */
	uint32_t lists_used;  /* bit i: list[i] is not empty */
	struct range {
		size_t first, count;
	} lazy[LAZY_RANGES];
	size_t lazy_used;
	struct range reserve;
	struct page_stats stats;
} pages;

static void *page_va(size_t pfn)
{
	return (void *)(pfn << PAGE_SHIFT);
}

static size_t page_pfn(const void *va)
{
	return (uintptr_t)va >> PAGE_SHIFT;
}

/* The description of a page, or NULL if it is none of the allocator's. */
static struct page *page_at(size_t pfn)
{
	struct page *table;

	if (pfn / TABLE_PAGES >= pages.directory_length)
		return NULL;
	table = pages.directory[pfn / TABLE_PAGES];
	return table ? &table[pfn % TABLE_PAGES] : NULL;
}

static bool page_is(size_t pfn, enum page_state state)
{
	const struct page *page = page_at(pfn);

	return page && page->state == state;
}

/* --- free runs --------------------------------------------------------------------------- */

static unsigned int list_of(size_t count)
{
	return 31u - (unsigned int)__builtin_clz((unsigned int)count);
}

static void run_insert(size_t pfn, size_t count)
{
	struct page *first = page_at(pfn), *last = page_at(pfn + count - 1);
	unsigned int l = list_of(count);

	first->count = last->count = (uint32_t)count;
	first->state = last->state = PAGE_FREE;
	first->prev = 0;
	first->next = pages.list[l];
	if (first->next)
		page_at(first->next)->prev = (uint32_t)pfn;
	pages.list[l] = (uint32_t)pfn;
	pages.lists_used |= 1u << l;
}

static void run_remove(size_t pfn)
{
	struct page *first = page_at(pfn);
	unsigned int l = list_of(first->count);

	if (first->next)
		page_at(first->next)->prev = first->prev;
	if (first->prev)
		page_at(first->prev)->next = first->next;
	else
		pages.list[l] = first->next;
	if (!pages.list[l])
		pages.lists_used &= ~(1u << l);
	page_at(pfn + first->count - 1)->state = PAGE_INSIDE;
	first->state = PAGE_INSIDE;
}

/* Pages [pfn, pfn + count), all PAGE_INSIDE, become free, together with free neighbours. */
static void run_free(size_t pfn, size_t count)
{
	if (page_is(pfn - 1, PAGE_FREE)) {
		size_t left = page_at(pfn - 1)->count;

		run_remove(pfn - left);
		pfn -= left;
		count += left;
	}
	if (page_is(pfn + count, PAGE_FREE)) {
		size_t right = page_at(pfn + count)->count;

		run_remove(pfn + count);
		count += right;
	}
	run_insert(pfn, count);
}

static void run_use(size_t pfn, size_t count)
{
	struct page *first = page_at(pfn);

	page_at(pfn + count - 1)->state = PAGE_END;
	first->state = PAGE_USED;
	first->use = PAGE_USE_PLAIN;
	first->count = (uint32_t)count;
	first->owner = NULL;
}

/* The pages of a used run are no run any more: on their way to be free, or for good. */
static void run_forget(size_t pfn, size_t count)
{
	page_at(pfn + count - 1)->state = PAGE_INSIDE;
	page_at(pfn)->state = PAGE_INSIDE;
}

/* Takes the first count pages of the free run at pfn. */
static void run_take(size_t pfn, size_t count)
{
	size_t rest = page_at(pfn)->count - count;

	run_remove(pfn);
	if (rest)
		run_insert(pfn + count, rest);
	run_use(pfn, count);
}

/* The first of at most `tries` runs in a list that is long enough; 0 if there is none. */
static size_t list_search(unsigned int l, size_t count, size_t tries)
{
	size_t pfn = pages.list[l];

	while (pfn && tries-- && page_at(pfn)->count < count)
		pfn = page_at(pfn)->next;
	return pfn && page_at(pfn)->count >= count ? pfn : 0;
}

/*
 * A free run for count pages. In the list of its own length a run may be too short: a few are
 * looked at. In those above every run is long enough.
 */
static size_t run_find(size_t count, size_t tries)
{
	unsigned int l = list_of(count);
	size_t pfn = list_search(l, count, tries);
	uint32_t longer = l + 1 < LISTS ? pages.lists_used & ~0u << (l + 1) : 0;

	if (!pfn && longer)
		pfn = pages.list[__builtin_ctz(longer)];
	return pfn;
}

/* --- taking in memory -------------------------------------------------------------------- */

static size_t lazy_pages(void)
{
	return pages.stats.total - pages.stats.mapped;
}

static void reserve_fill(void)
{
	struct range *reserve = &pages.reserve;
	size_t want = RESERVE_MIN + 3 * (lazy_pages() / ARCH_CHUNK_PAGES), pfn = 0;

	if (!lazy_pages() || reserve->count >= RESERVE_MIN)
		return;
	if (reserve->count)
		run_free(reserve->first, reserve->count);
	reserve->count = 0;
	if (want > RESERVE_MAX)
		want = RESERVE_MAX;
	for (; want >= RESERVE_MIN && !pfn; want /= 2) {
		pfn = run_find(want, TRIES);
		if (!pfn)
			continue;
		run_take(pfn, want);
		run_forget(pfn, want);
		*reserve = (struct range){pfn, want};
	}
}

/* At boot, before there is a reserve, one page of what is free. */
void *page_for_table(void)
{
	size_t pfn = pages.reserve.first;

	if (pages.reserve.count) {
		pages.reserve.count--;
		pages.reserve.first++;
		return page_va(pfn);
	}
	pfn = run_find(1, TRIES);
	ASSERT(pfn);
	run_take(pfn, 1);
	run_forget(pfn, 1);
	return page_va(pfn);
}

static void tables_make(size_t pfn, size_t count)
{
	for (size_t t = pfn / TABLE_PAGES; t <= (pfn + count - 1) / TABLE_PAGES; t++) {
		if (pages.directory[t])
			continue;
		pages.directory[t] = page_for_table();
		memset(pages.directory[t], 0, PAGE_SIZE);
	}
}

void page_init(size_t end_pfn, size_t first_pfn, size_t count)
{
	size_t end = first_pfn + count;

	pages.directory_length = end_pfn / TABLE_PAGES + 1;
	pages.directory = page_va(first_pfn);
	first_pfn += pages_of(pages.directory_length * sizeof(pages.directory[0]));
	ASSERT(first_pfn + count / TABLE_PAGES + 2 < end);
	memset(pages.directory, 0, pages.directory_length * sizeof(pages.directory[0]));

	for (size_t t = first_pfn / TABLE_PAGES; t <= (end - 1) / TABLE_PAGES; t++) {
		pages.directory[t] = page_va(first_pfn++);
		memset(pages.directory[t], 0, PAGE_SIZE);
	}
	run_free(first_pfn, end - first_pfn);
	pages.stats.total = pages.stats.mapped = count;
}

/* A mapped range joins: at boot of any length, later of one chunk. */
static void range_join(size_t first_pfn, size_t count)
{
	tables_make(first_pfn, count);
	run_free(first_pfn, count);
	pages.stats.mapped += count;
	reserve_fill();
}

void page_add(size_t first_pfn, size_t count)
{
	if (!count)
		return;
	pages.stats.total += count;
	range_join(first_pfn, count);
}

void page_add_lazy(size_t first_pfn, size_t count)
{
	if (!count)
		return;
	ASSERT(pages.lazy_used < LAZY_RANGES);
	pages.lazy[pages.lazy_used++] = (struct range){first_pfn, count};
	pages.stats.total += count;
	reserve_fill();
}

/* Maps one more chunk; false when all is mapped. */
static bool grow(void)
{
	struct range *range = pages.lazy;
	size_t to_boundary, count;
	int err;

	while (range < pages.lazy + pages.lazy_used && !range->count)
		range++;
	if (range == pages.lazy + pages.lazy_used || pages.reserve.count < RESERVE_MIN)
		return false;

	to_boundary = ARCH_CHUNK_PAGES - range->first % ARCH_CHUNK_PAGES;
	count = range->count < to_boundary ? range->count : to_boundary;
	err = arch_map_chunk(range->first, count);
	if (err) {
		log_error("cannot map memory at page 0x%zx: error %d", range->first, -err);
		pages.stats.total -= range->count;
		range->count = 0;
		return false;
	}
	range_join(range->first, count);
	range->first += count;
	range->count -= count;
	return true;
}

/* --- what the rest of the kernel calls --------------------------------------------------- */

void *pages_alloc(size_t n)
{
	size_t pfn;

	if (!n || n > pages.stats.total)
		return NULL;
	do {
		pfn = run_find(n, TRIES);
	} while (!pfn && grow());
	if (!pfn)
		pfn = run_find(n, SIZE_MAX);
	if (!pfn)
		return NULL;
	run_take(pfn, n);
	pages.stats.in_use += n;
	return page_va(pfn);
}

void *page_alloc(void)
{
	return pages_alloc(1);
}

/* The used run that p starts, of n pages if n is not 0; anything else is the caller's bug. */
static struct page *run_of(const void *p, size_t n)
{
	struct page *first = page_at(page_pfn(p));

	if (((uintptr_t)p & PAGE_MASK) || !first || first->state != PAGE_USED ||
	    (n && first->count != n))
		panic("%zu pages at %p are not allocated", n, p);
	return first;
}

static void run_release(size_t pfn, size_t n)
{
	run_forget(pfn, n);
	run_free(pfn, n);
	pages.stats.in_use -= n;
}

void pages_free(void *p, size_t n)
{
	if (!p)
		return;
	run_of(p, n);
	run_release(page_pfn(p), n);
}

bool pages_resize(void *p, size_t old_n, size_t new_n)
{
	size_t pfn = page_pfn(p), behind = pfn + old_n;
	struct page *first = run_of(p, old_n);
	uint8_t use = first->use;
	void *owner = first->owner;

	if (new_n > old_n) {
		size_t more = new_n - old_n;

		if (!page_is(behind, PAGE_FREE) || page_at(behind)->count < more)
			return false;
		run_take(behind, more);
		run_forget(behind, more);
		page_at(behind - 1)->state = PAGE_INSIDE;
		pages.stats.in_use += more;
	}
	run_use(pfn, new_n);
	first->use = use;
	first->owner = owner;
	if (new_n < old_n)
		run_release(pfn + new_n, old_n - new_n);
	return true;
}

void *pages_alloc_aligned(size_t n, size_t align)
{
	size_t extra = align - 1;
	char *p = n + extra < n ? NULL : pages_alloc(n + extra);
	size_t pfn = page_pfn(p), before;

	if (!p || !extra)
		return p;
	before = -pfn & extra;
	run_use(pfn + before, n);
	if (before)
		run_release(pfn, before);
	if (extra - before)
		run_release(pfn + before + n, extra - before);
	return page_va(pfn + before);
}

void page_set_use(const void *p, enum page_use use, void *owner)
{
	struct page *first = run_of(p, 0);

	first->use = (uint8_t)use;
	first->owner = owner;
}

bool page_get_run(const void *p, struct page_run *run)
{
	const struct page *page = page_at(page_pfn(p));

	if (!page || page->state != PAGE_USED)
		return false;
	*run = (struct page_run){page->use, page->owner, page->count};
	return true;
}

void page_stats(struct page_stats *stats)
{
	*stats = pages.stats;
	stats->free_run = 0;
	if (pages.lists_used) {
		unsigned int l = 31u - (unsigned int)__builtin_clz(pages.lists_used);

		for (size_t pfn = pages.list[l]; pfn; pfn = page_at(pfn)->next)
			if (page_at(pfn)->count > stats->free_run)
				stats->free_run = page_at(pfn)->count;
	}
}
