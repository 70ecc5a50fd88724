/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A struct slab says which objects of its page are in use, one bit each. It is not in the page but
 * in a page of such descriptions, so 4 objects of 1 KiB fill their page, objects of 2^n bytes lie
 * at multiples of 2^n, and a write past an object's end or after its free meets no pointer of ours.
 *
 *	page of descriptions                      slab page, say of 512 bytes
 *	| slab 0 | slab 1 | slab 2 | …            | object 0 | object 1 | … | object 7 |
 *	   |         '--- pfn ------------------->
 *	   '-- describes this very page: which of the 64 are taken
 */
#include "unikernel/core/slab.h"

#include <string.h>

#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"

#define SLAB_WORDS 4 /* 256 objects of 16 bytes */

struct slab {
	struct slab *next, *prev; /* among the partial of its class */
	struct slab_class *class; /* NULL: a page of descriptions */
	uint32_t pfn;
	uint32_t used; /* how many bits are set in: */
	uint64_t in_use[SLAB_WORDS];
};

_Static_assert(sizeof(struct slab) == 64, "64 describe themselves in one page");

static struct slab *slabs_partial; /* pages of descriptions with room */
static size_t pages_held;

/* --- objects as bits --------------------------------------------------------------------- */

static uint32_t slab_size(const struct slab *slab)
{
	return slab->class ? slab->class->size : sizeof(struct slab);
}

static uint32_t slab_capacity(const struct slab *slab)
{
	return PAGE_SIZE / slab_size(slab);
}

static bool slab_full(const struct slab *slab)
{
	return slab->used == slab_capacity(slab);
}

static char *slab_base(const struct slab *slab)
{
	return (char *)((uintptr_t)slab->pfn << PAGE_SHIFT);
}

/* There is one: the slab is on a list of partial ones. */
static void *slab_take(struct slab *slab)
{
	size_t word = 0, bit;

	while (!~slab->in_use[word])
		word++;
	bit = (size_t)__builtin_ctzll(~slab->in_use[word]);
	slab->in_use[word] |= 1ull << bit;
	slab->used++;
	return slab_base(slab) + (64 * word + bit) * slab_size(slab);
}

/* The number of the object that p is, if it is one in use. */
static bool slab_index(const struct slab *slab, const void *p, uint32_t *index)
{
	uint32_t offset = (uint32_t)((const char *)p - slab_base(slab)), size = slab_size(slab);

	*index = offset / size;
	return offset % size == 0 && *index < slab_capacity(slab) &&
	       (slab->in_use[*index / 64] >> *index % 64 & 1);
}

/* --- lists ------------------------------------------------------------------------------- */

static void list_insert(struct slab **list, struct slab *slab)
{
	slab->prev = NULL;
	slab->next = *list;
	if (*list)
		(*list)->prev = slab;
	*list = slab;
}

static void list_remove(struct slab **list, struct slab *slab)
{
	if (slab->prev)
		slab->prev->next = slab->next;
	else
		*list = slab->next;
	if (slab->next)
		slab->next->prev = slab->prev;
}

static struct slab **slab_list(struct slab *slab)
{
	return slab->class ? &slab->class->partial : &slabs_partial;
}

/* Takes an object from a list's first slab, which leaves the list when it is full. */
static void *list_take(struct slab **list)
{
	struct slab *slab = *list;
	void *object = slab_take(slab);

	if (slab_full(slab))
		list_remove(list, slab);
	return object;
}

/* --- pages ------------------------------------------------------------------------------- */

static uint32_t pfn_of(const void *page)
{
	return (uint32_t)((uintptr_t)page >> PAGE_SHIFT);
}

static void *slab_page(void)
{
	void *page = page_alloc();

	pages_held += page != NULL;
	return page;
}

static struct slab *description_alloc(void)
{
	if (!slabs_partial) {
		struct slab *self = slab_page();

		if (!self)
			return NULL;
		memset(self, 0, sizeof(*self));
		self->pfn = pfn_of(self);
		self->in_use[0] = self->used = 1; /* itself */
		page_set_use(self, PAGE_USE_SLAB, self);
		list_insert(&slabs_partial, self);
	}
	return list_take(&slabs_partial);
}

static void object_release(struct slab *slab, uint32_t index);

static void description_free(struct slab *slab)
{
	struct slab *page = (struct slab *)((uintptr_t)slab & ~PAGE_MASK);

	object_release(page, (uint32_t)(slab - page));
}

static struct slab *slab_create(struct slab_class *class)
{
	struct slab *slab = description_alloc();
	void *page;

	if (!slab)
		return NULL;
	memset(slab, 0, sizeof(*slab));
	slab->class = class;
	page = slab_page();
	if (!page) {
		description_free(slab);
		return NULL;
	}
	slab->pfn = pfn_of(page);
	page_set_use(page, PAGE_USE_SLAB, slab);
	list_insert(&class->partial, slab);
	return slab;
}

/* A page is given back as soon as nothing in it is used: what is held is what lives. */
static void object_release(struct slab *slab, uint32_t index)
{
	const bool describes = !slab->class; /* it lies in its own page */
	const uint32_t empty = describes ? 1 : 0;

	if (slab_full(slab))
		list_insert(slab_list(slab), slab);
	slab->in_use[index / 64] &= ~(1ull << index % 64);
	if (--slab->used != empty)
		return;
	list_remove(slab_list(slab), slab);
	pages_held--;
	page_free(slab_base(slab));
	if (!describes)
		description_free(slab);
}

/* --- what the heap calls ----------------------------------------------------------------- */

void *slab_alloc(struct slab_class *class)
{
	if (!class->partial && !slab_create(class))
		return NULL;
	return list_take(&class->partial);
}

size_t slab_free(struct slab *slab, void *p)
{
	uint32_t index, size;

	if (!slab->class || !slab_index(slab, p, &index))
		return 0;
	size = slab->class->size; /* the slab may go with its last object */
	object_release(slab, index);
	return size;
}

size_t slab_object_size(const struct slab *slab, const void *p)
{
	uint32_t index;

	return slab->class && slab_index(slab, p, &index) ? slab_size(slab) : 0;
}

size_t slab_pages(void)
{
	return pages_held;
}
