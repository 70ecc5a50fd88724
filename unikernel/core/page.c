/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page allocator: handing out runs (page_run.h), and mapping more memory when they run out.
 */
#include "unikernel/core/page.h"

#include <string.h>

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page_run.h"
#include "unikernel/core/panic.h"

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
	struct range {
		size_t first, count;
	} lazy[LAZY_RANGES];
	size_t lazy_used;
	struct range reserve;
	struct page_stats stats;
} pages;

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

/* Without a reserve (at boot, or with all memory mapped) one page of what is free. */
void *page_for_table(void)
{
	size_t pfn = pages.reserve.first;

	if (pages.reserve.count) {
		pages.reserve.count--;
		pages.reserve.first++;
		return page_va(pfn);
	}
	pfn = run_find(1, TRIES);
	if (!pfn)
		return NULL;
	run_take(pfn, 1);
	run_forget(pfn, 1);
	return page_va(pfn);
}

static void tables_make(size_t pfn, size_t count)
{
	size_t end = pfn + count;

	for (pfn -= pfn % PAGE_TABLE_PAGES; pfn < end; pfn += PAGE_TABLE_PAGES) {
		struct page **table = page_table_of(pfn);

		if (*table)
			continue;
		*table = page_for_table();
		ASSERT(*table); /* the caller saw to it */
		memset(*table, 0, PAGE_SIZE);
	}
}

void page_init(size_t end_pfn, size_t first_pfn, size_t count)
{
	const size_t length = end_pfn / PAGE_TABLE_PAGES + 1, end = first_pfn + count;
	struct page **directory = page_va(first_pfn);
	struct range *tables = &pages.reserve;

	/* The directory, the tables for this very range, and what is left is the first free run. */
	first_pfn += pages_of(length * sizeof(*directory));
	*tables = (struct range){first_pfn, (count - 1) / PAGE_TABLE_PAGES + 2};
	first_pfn += tables->count;
	ASSERT(first_pfn < end);
	memset(directory, 0, length * sizeof(*directory));
	page_directory_set(directory, end_pfn);
	tables_make(tables->first, end - tables->first);

	first_pfn -= tables->count; /* one less may have been enough */
	tables->count = 0;
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

	reserve_fill(); /* arch_protect() may have taken from it */
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
	stats->free_run = run_longest();
}
