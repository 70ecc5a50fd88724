/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/page_run.h"

#define LISTS 32

static struct {
	struct page **directory;
	size_t directory_length;
	uint32_t list[LISTS]; /* free runs of 2^i … 2^(i+1) - 1 pages */
	uint32_t lists_used;  /* bit i: list[i] is not empty */
} pages;

void page_directory_set(struct page **directory, size_t end_pfn)
{
	pages.directory = directory;
	pages.directory_length = end_pfn / PAGE_TABLE_PAGES + 1;
}

struct page **page_table_of(size_t pfn)
{
	return &pages.directory[pfn / PAGE_TABLE_PAGES];
}

struct page *page_at(size_t pfn)
{
	struct page *table;

	if (pfn / PAGE_TABLE_PAGES >= pages.directory_length)
		return NULL;
	table = pages.directory[pfn / PAGE_TABLE_PAGES];
	return table ? &table[pfn % PAGE_TABLE_PAGES] : NULL;
}

bool page_is(size_t pfn, enum page_state state)
{
	const struct page *page = page_at(pfn);

	return page && page->state == state;
}

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

void run_free(size_t pfn, size_t count)
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

void run_use(size_t pfn, size_t count)
{
	struct page *first = page_at(pfn);

	page_at(pfn + count - 1)->state = PAGE_END;
	first->state = PAGE_USED;
	first->use = PAGE_USE_PLAIN;
	first->count = (uint32_t)count;
	first->owner = NULL;
}

void run_forget(size_t pfn, size_t count)
{
	page_at(pfn + count - 1)->state = PAGE_INSIDE;
	page_at(pfn)->state = PAGE_INSIDE;
}

void run_take(size_t pfn, size_t count)
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

size_t run_find(size_t count, size_t tries)
{
	unsigned int l = list_of(count);
	size_t pfn = list_search(l, count, tries);
	uint32_t longer = l + 1 < LISTS ? pages.lists_used & ~0u << (l + 1) : 0;

	if (!pfn && longer)
		pfn = pages.list[__builtin_ctz(longer)];
	return pfn;
}

size_t run_longest(void)
{
	size_t longest = 0, pfn = 0;

	if (pages.lists_used)
		pfn = pages.list[31 - __builtin_clz(pages.lists_used)];
	for (; pfn; pfn = page_at(pfn)->next)
		if (page_at(pfn)->count > longest)
			longest = page_at(pfn)->count;
	return longest;
}
