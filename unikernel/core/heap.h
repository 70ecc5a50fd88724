/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The heap: malloc's work for the kernel and, through libc, for the program.
 *
 * Up to 2 KiB an object lives in a slab: one page of objects of one size, with a bitmap of those
 * in use kept elsewhere, so that a stray write into a freed object cannot damage the heap and
 * freeing twice is noticed at once. Above, it is a run of pages. Pointers are aligned to 16 bytes,
 * an object whose size is a power of two to its size.
 *
 * Nothing here blocks. Freeing what is not an object in use panics, naming the address.
 */
#ifndef LODGER_CORE_HEAP_H
#define LODGER_CORE_HEAP_H

#include <stddef.h>

/* NULL when there is no memory. Size 0 gives a pointer that may be freed. Content undefined. */
void *heap_alloc(size_t size);
void *heap_zalloc(size_t size);
/* align: a power of two; NULL if it is not one, or above 2 MiB. */
void *heap_alloc_aligned(size_t align, size_t size);
/* As realloc(): NULL leaves p as it was; p may be NULL. Size 0 is treated as 1. */
void *heap_realloc(void *p, size_t size);
void heap_free(void *p); /* NULL is allowed */
/* The same for who keeps count: heap_usable() of it, for the price of either. */
void *heap_alloc_counted(size_t size, size_t *usable);
size_t heap_free_counted(void *p);
/* How many bytes may be used at p: at least what was asked for. */
size_t heap_usable(const void *p);

/* A copy of len bytes and a NUL, to be freed with heap_free(). */
char *heap_strndup(const char *s, size_t len);

struct heap_stats {
	size_t objects; /* allocated now */
	size_t bytes;	/* … as rounded up to their classes */
	size_t pages;	/* pages that the heap holds */
};

void heap_stats(struct heap_stats *stats);

#endif
