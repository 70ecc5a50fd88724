/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of pages, used and free: what page.c hands out. For every mapped page there is a struct
 * page, kept apart from the page, so that what is written into freed memory by mistake cannot lead
 * the allocator astray:
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
#ifndef LODGER_CORE_PAGE_RUN_H
#define LODGER_CORE_PAGE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unikernel/core/page.h"

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

#define PAGE_TABLE_PAGES (PAGE_SIZE / sizeof(struct page)) /* described by one table */

/* Where tables are found: `directory` has room for one for each PAGE_TABLE_PAGES below end_pfn. */
void page_directory_set(struct page **directory, size_t end_pfn);
/* The table with the description of pfn, which must be below end_pfn; NULL until it is set. */
struct page **page_table_of(size_t pfn);

/* The description of a page, or NULL if it is none of the allocator's. */
struct page *page_at(size_t pfn);
bool page_is(size_t pfn, enum page_state state);

static inline void *page_va(size_t pfn)
{
	return (void *)(pfn << PAGE_SHIFT);
}

static inline size_t page_pfn(const void *va)
{
	return (uintptr_t)va >> PAGE_SHIFT;
}

/*
 * A free run of at least count pages, or 0. In the list of its own length a run may be too short:
 * `tries` of them are looked at. In those above every run is long enough.
 */
size_t run_find(size_t count, size_t tries);
/* Takes the first count pages of the free run at pfn: a used run. */
void run_take(size_t pfn, size_t count);
/* Makes pages that are in no run a used one. */
void run_use(size_t pfn, size_t count);
/* The pages of a used run are no run any more: on their way to be free, or for good. */
void run_forget(size_t pfn, size_t count);
/* Pages that are in no run become free, together with free neighbours. */
void run_free(size_t pfn, size_t count);

size_t run_longest(void);

#endif
