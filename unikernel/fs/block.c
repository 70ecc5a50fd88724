/* SPDX-License-Identifier: BSD-2-Clause */
/* See block.h. */
#include "unikernel/fs/block.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/panic.h"

#define CHAINS 256u

static struct {
	unsigned int most, made, in_use;
	struct buffer *chains[CHAINS];
	struct buffer *spare; /* with memory */
	struct buffer **running;
	unsigned int running_count;
} store;

static struct buffer **chain_of(uint64_t block)
{
	return &store.chains[(block ^ block >> 8) % CHAINS];
}

static struct buffer *find(uint64_t block)
{
	struct buffer *buffer = *chain_of(block);
	while (buffer && buffer->block != block)
		buffer = buffer->next;
	return buffer;
}

int blocks_begin(unsigned int most)
{
	memset(&store, 0, sizeof(store));
	store.running = heap_alloc(most * sizeof(struct buffer *));
	store.most = most;
	return store.running ? 0 : -ENOMEM;
}

static void spares_free(void)
{
	struct buffer *buffer;
	while ((buffer = store.spare)) {
		store.spare = buffer->next;
		heap_free(buffer->data);
		heap_free(buffer);
	}
}

/* To the spare ones. */
static void all_forget(void)
{
	for (unsigned int i = 0; i < CHAINS; i++) {
		struct buffer *buffer;
		while ((buffer = store.chains[i])) {
			store.chains[i] = buffer->next;
			buffer->next = store.spare;
			store.spare = buffer;
		}
	}
	store.in_use = 0;
	store.running_count = 0;
}

void blocks_end(void)
{
	all_forget();
	spares_free();
	heap_free(store.running);
	memset(&store, 0, sizeof(store));
}

bool blocks_reserve(unsigned int n)
{
	while (store.made < store.in_use + n && store.made < store.most) {
		struct buffer *buffer = heap_zalloc(sizeof(*buffer));
		if (!buffer)
			break;
		buffer->data = heap_alloc(ext4.fs->blocksize);
		if (!buffer->data) {
			heap_free(buffer);
			break;
		}
		buffer->next = store.spare;
		store.spare = buffer;
		store.made++;
	}
	return store.made >= store.in_use + n;
}

unsigned int blocks_spare(void)
{
	return store.made - store.in_use;
}

unsigned int blocks_room(void)
{
	return store.most - store.in_use;
}

struct buffer *const *blocks_running(unsigned int *n)
{
	*n = store.running_count;
	return store.running;
}

void blocks_committed(void)
{
	for (unsigned int i = 0; i < store.running_count; i++)
		store.running[i]->running = false;
	store.running_count = 0;
}

int blocks_checkpoint(void)
{
	ASSERT(store.running_count == 0);
	const size_t size = ext4.fs->blocksize;
	for (unsigned int i = 0; i < CHAINS; i++)
		for (struct buffer *buffer = store.chains[i]; buffer; buffer = buffer->next)
			if (cache_write(ext4.cache, buffer->block * size, buffer->data, size))
				return -EIO;
	if (cache_write_back(ext4.cache) || cache_flush(ext4.cache))
		return -EIO;
	all_forget();
	return 0;
}

/* --- reading and changing --------------------------------------------------------------------- */

bool block_on_disk(uint64_t block, uint64_t count)
{
	return block > ext4.fs->super->s_first_data_block && block < ext4.blocks &&
	       count <= ext4.blocks - block;
}

bool block_is_ours(uint64_t block)
{
	return store.in_use && find(block);
}

int block_read(uint64_t block, void *data)
{
	return block_read_part(block, 0, data, ext4.fs->blocksize);
}

int block_read_part(uint64_t block, size_t in, void *data, size_t len)
{
	const struct buffer *buffer = store.in_use ? find(block) : NULL;
	if (!buffer)
		return cache_read(ext4.cache, block * ext4.fs->blocksize + in, data, len);
	memcpy(data, buffer->data + in, len);
	return 0;
}

/* A buffer of the running transaction; *fresh: it was in none. */
static struct buffer *take(uint64_t block, bool *fresh)
{
	struct buffer *buffer = find(block);
	*fresh = !buffer;
	if (!buffer) {
		buffer = store.spare;
		if (!buffer) {
			transaction_fail("a transaction is larger than was reserved for it");
			return NULL;
		}
		store.spare = buffer->next;
		*buffer = (struct buffer){.block = block, .data = buffer->data};
		buffer->next = *chain_of(block);
		*chain_of(block) = buffer;
		store.in_use++;
	}
	if (!buffer->running) {
		buffer->running = true;
		store.running[store.running_count++] = buffer;
	}
	transaction_touch();
	return buffer;
}

void *block_edit(uint64_t block)
{
	bool fresh;
	if (!block_on_disk(block, 1) && block != ext4.fs->super->s_first_data_block) {
		transaction_fail("a block beyond the end of the file system is to be written");
		return NULL;
	}
	struct buffer *buffer = take(block, &fresh);
	if (buffer && fresh &&
	    cache_read(ext4.cache, block * ext4.fs->blocksize, buffer->data, ext4.fs->blocksize)) {
		memset(buffer->data, 0, ext4.fs->blocksize);
		transaction_fail("a block cannot be read");
		return NULL;
	}
	return buffer ? buffer->data : NULL;
}

void *block_create(uint64_t block)
{
	bool fresh;
	if (!block_on_disk(block, 1)) {
		transaction_fail("a block beyond the end of the file system is to be written");
		return NULL;
	}
	struct buffer *buffer = take(block, &fresh);
	if (!buffer)
		return NULL;
	memset(buffer->data, 0, ext4.fs->blocksize);
	return buffer->data;
}
