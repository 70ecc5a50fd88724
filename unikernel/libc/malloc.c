/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc() and its kin, onto the kernel's heap.  newlib calls the _r forms, programs the others.
 */
#include <errno.h>
#include <malloc.h>
#include <reent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"

static void *or_enomem(void *p)
{
	if (!p)
		errno = ENOMEM;
	return p;
}

void *malloc(size_t size)
{
	return or_enomem(heap_alloc(size));
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		return or_enomem(NULL);
	return or_enomem(heap_zalloc(bytes));
}

void *realloc(void *p, size_t size)
{
	return or_enomem(heap_realloc(p, size));
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		return or_enomem(NULL);
	return realloc(p, bytes);
}

void free(void *p)
{
	heap_free(p);
}

int posix_memalign(void **out, size_t align, size_t size)
{
	if (align < sizeof(void *) || (align & (align - 1)))
		return EINVAL;
	void *p = heap_alloc_aligned(align, size);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

void *memalign(size_t align, size_t size)
{
	if (align == 0 || (align & (align - 1))) {
		errno = EINVAL;
		return NULL;
	}
	return or_enomem(heap_alloc_aligned(align, size));
}

void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

void *valloc(size_t size)
{
	return memalign(PAGE_SIZE, size);
}

size_t malloc_usable_size(void *p)
{
	return p ? heap_usable(p) : 0;
}

void *_malloc_r(struct _reent *reent, size_t size)
{
	(void)reent;
	return malloc(size);
}

void *_calloc_r(struct _reent *reent, size_t count, size_t size)
{
	(void)reent;
	return calloc(count, size);
}

void *_realloc_r(struct _reent *reent, void *p, size_t size)
{
	(void)reent;
	return realloc(p, size);
}

void *_memalign_r(struct _reent *reent, size_t align, size_t size)
{
	(void)reent;
	return memalign(align, size);
}

void _free_r(struct _reent *reent, void *p)
{
	(void)reent;
	free(p);
}
