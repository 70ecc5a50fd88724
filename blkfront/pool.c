/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that data is copied through, and the descriptors of indirect requests. They stay granted
 * from their first use to the end of the connection, so that a request costs no grant, and with
 * feature-persistent the back end may keep them mapped, so that it costs no mapping either. Used in
 * the order of a stack, as xen/io/blkif.h recommends: a few are used often, rather than all of them
 * now and then.
 *
 * RESERVE of them are there from the start: however little memory is left, requests go out, a page
 * at a time if need be. More are made when first needed; that there is no memory for them costs
 * speed alone.
 *
 * What is in them is known to the back end, which wrote it or was given it: they are zeroed once, when
 * it first sees them, and used for this disk alone.
 */
#include <errno.h>

#include "blkfront/device.h"
#include "unikernel/core/heap.h"

#define RESERVE 16u

static int pool_grow(struct page_pool *pool, domid_t backend)
{
	int error = shared_page_open(&pool->page[pool->count], backend);

	if (error == 0)
		pool->unused[pool->unused_count++] = pool->count++;
	return error;
}

int pool_open(struct page_pool *pool, domid_t backend, unsigned int max)
{
	int error = 0;

	if (pool->page == NULL)
		pool->page = heap_zalloc(max * sizeof(*pool->page));
	if (pool->unused == NULL)
		pool->unused = heap_alloc(max * sizeof(*pool->unused));
	if (pool->page == NULL || pool->unused == NULL)
		return -ENOMEM;
	pool->max = (uint16_t)max;
	while (pool->count < RESERVE && error == 0)
		error = pool_grow(pool, backend);
	return error;
}

void pool_close(struct page_pool *pool)
{
	while (pool->count > 0)
		shared_page_close(&pool->page[--pool->count]);
	heap_free(pool->page);
	heap_free(pool->unused);
	*pool = (struct page_pool){.page = NULL};
}

uint16_t pool_take_new(struct page_pool *pool, domid_t backend)
{
	if (pool->count == pool->max || pool_grow(pool, backend) != 0)
		return NONE;
	return pool->unused[--pool->unused_count];
}
