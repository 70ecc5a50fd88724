/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include <arch/cc.h>

#include "unikernel/core/heap.h"
#include "unikernel/net/memory.h"

static struct net_memory_stats memory;

void net_memory_limit(size_t bytes)
{
	memory.limit = bytes;
}

void *net_malloc(size_t size)
{
	size_t limit = size <= NET_SMALL ? memory.limit : memory.limit / 4 * 3;
	void *block = NULL;
	size_t usable;

	if (memory.bytes < limit && size <= limit - memory.bytes)
		block = heap_alloc_counted(size, &usable);
	if (block)
		memory.bytes += usable;
	else
		memory.refused++;
	return block;
}

void *net_calloc(size_t count, size_t size)
{
	void *block;

	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	block = net_malloc(count * size);
	if (block)
		memset(block, 0, count * size);
	return block;
}

void net_free(void *block)
{
	memory.bytes -= heap_free_counted(block);
}

void net_memory_stats(struct net_memory_stats *stats)
{
	*stats = memory;
}
