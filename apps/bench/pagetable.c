/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pagetable.*: entries of 64 pages, made, made read-only and taken away, by one call for each page
 * or one for all; of one page. What a call is, platform.h says: there the platforms differ.
 *
 * fault.page: the first touch of a page that is not there, until the touch has succeeded: the trap,
 * the handler, which maps the page, and the return.
 */
#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

#define PAGES 64u

typedef const char *(*change_t)(void *pages, size_t count);

struct area {
	char *pages;
	change_t before, timed, after; /* before and after may be NULL */
	unsigned int together;	       /* pages a call */
};

static const char *change(const struct area *area, change_t fn, unsigned int count,
			  unsigned int together)
{
	for (unsigned int i = 0; fn && i < count; i += together) {
		const char *reason = fn(area->pages + i * PLATFORM_PAGE, together);

		if (reason)
			return reason;
	}
	return NULL;
}

static const char *prepare(void *context, unsigned int operations)
{
	const struct area *area = context;

	return change(area, area->before, operations, operations);
}

static const char *run(void *context, struct sample *sample)
{
	const struct area *area = context;

	return change(area, area->timed, sample->operations, area->together);
}

static const char *undo(void *context, unsigned int operations)
{
	const struct area *area = context;

	return change(area, area->after, operations, operations);
}

/* Every sample begins and ends with the pages unmapped. */
static const char *sampled(const struct figure *figure, struct area *area,
			   const char *(*timed)(void *context, struct sample *sample))
{
	const struct measurement measurement = {
		.prepare = prepare,
		.run = timed,
		.undo = undo,
		.context = area,
		.batch = PAGES,
	};
	const char *reason, *restored;

	area->pages = platform_pages_alloc(PAGES);
	if (!area->pages)
		return "there is no memory for the pages";
	reason = platform_pages_unmap(area->pages, PAGES);
	if (!reason)
		reason = figure_measure(figure, &measurement);
	restored = platform_pages_map(area->pages, PAGES);
	if (!restored)
		platform_pages_free(area->pages, PAGES);
	return reason ? reason : restored;
}

const char *pagetable_map(const struct figure *figure)
{
	struct area area = {
		.timed = platform_pages_map,
		.after = platform_pages_unmap,
		.together = figure->parameter,
	};

	return sampled(figure, &area, run);
}

const char *pagetable_protect(const struct figure *figure)
{
	struct area area = {
		.before = platform_pages_map,
		.timed = platform_pages_protect,
		.after = platform_pages_unmap,
		.together = figure->parameter,
	};

	return sampled(figure, &area, run);
}

const char *pagetable_unmap(const struct figure *figure)
{
	struct area area = {
		.before = platform_pages_map,
		.timed = platform_pages_unmap,
		.together = figure->parameter,
	};

	return sampled(figure, &area, run);
}

/* On its own, so that nothing is in a register that a handler might not save. */
static __attribute__((noinline)) void touch(char *byte)
{
	__asm__ volatile("movb $1, %0" : "=m"(*byte));
}

static const char *touch_all(void *context, struct sample *sample)
{
	const struct area *area = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		touch(area->pages + i * PLATFORM_PAGE);
	return NULL;
}

static const char *fault_end(void *pages, size_t count)
{
	platform_fault_end(pages, count);
	return platform_pages_unmap(pages, count);
}

const char *fault_page(const struct figure *figure)
{
	struct area area = {.before = platform_fault_begin, .after = fault_end};

	return sampled(figure, &area, touch_all);
}
