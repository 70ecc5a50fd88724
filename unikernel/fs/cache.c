/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a line, and CLOCK.
 *
 *	EMPTY ── line_fetch ──> READING ── line_done ──> VALID
 *	  ^                        ^                 └─> FAILED ── the next line_fetch ─┐
 *	  │                        └────────────────────────────────────────────────────┘
 *	  └── line_recycle: VALID or FAILED, and nobody waits for it
 *
 * Copying out of a line does not block, and threads are cooperative: a line that is VALID now stays
 * so until the copy is done.  Only across a wait it must be kept, which `waiting` does.
 */
#include "unikernel/fs/cache.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

#define LINE_PAGES (CACHE_LINE_BYTES / PAGE_SIZE)
#define LINES_MIN  8u

/* From so many lines in a row on, a read that misses goes straight into the caller's memory. */
#define DIRECT_LINES 4u
#define SPAN_MAX     (DIRECT_LINES * CACHE_LINE_BYTES)

enum line_state { EMPTY, READING, VALID, FAILED };

struct line {
	uint64_t number; /* offset on the disk / CACHE_LINE_BYTES, unless EMPTY */
	enum line_state state;
	bool used;	      /* since the hand of the clock last passed */
	unsigned int waiting; /* threads that wait for it */
	char *data;	      /* CACHE_LINE_BYTES, or NULL before its first use */
	struct line *next;    /* in its chain of the hash */
	struct cache *cache;
	struct blkfront_request request;
};

struct cache {
	struct blkfront *disk;
	uint64_t disk_bytes;
	struct waitq arrived; /* some line stopped READING */
	unsigned int count, hand;
	unsigned int mask; /* of the hash: a power of two, less one */
	struct line **chains;
	struct cache_stats stats;
	struct line lines[];
};

struct cache *cache_create(struct blkfront *disk, size_t bytes)
{
	struct blkfront_info info;
	blkfront_info(disk, &info);

	unsigned int count = LINES_MIN;
	if (bytes / CACHE_LINE_BYTES > count)
		count = (unsigned int)(bytes / CACHE_LINE_BYTES);
	unsigned int chains = 1;
	while (chains < count)
		chains *= 2;

	struct cache *cache = heap_zalloc(sizeof(*cache) + count * sizeof(cache->lines[0]));
	if (!cache)
		return NULL;
	cache->chains = heap_zalloc(chains * sizeof(struct line *));
	if (!cache->chains) {
		heap_free(cache);
		return NULL;
	}
	cache->disk = disk;
	cache->disk_bytes = info.sectors * info.sector_size;
	cache->count = count;
	cache->mask = chains - 1;
	for (unsigned int i = 0; i < count; i++)
		cache->lines[i].cache = cache;
	return cache;
}

void cache_destroy(struct cache *cache)
{
	for (unsigned int i = 0; i < cache->count; i++) {
		struct line *line = &cache->lines[i];
		waitq_wait_until(&cache->arrived, line->state != READING, TIME_FOREVER);
		pages_free(line->data, LINE_PAGES);
	}
	heap_free(cache->chains);
	heap_free(cache);
}

uint64_t cache_disk_bytes(const struct cache *cache)
{
	return cache->disk_bytes;
}

size_t cache_bytes(const struct cache *cache)
{
	return cache->count * CACHE_LINE_BYTES;
}

void cache_stats(const struct cache *cache, struct cache_stats *stats)
{
	*stats = cache->stats;
}

static struct line **chain_of(struct cache *cache, uint64_t number)
{
	return &cache->chains[(number ^ (number >> 9)) & cache->mask];
}

static struct line *line_find(struct cache *cache, uint64_t number)
{
	struct line *line = *chain_of(cache, number);
	while (line && line->number != number)
		line = line->next;
	return line;
}

static void line_recycle(struct line *line)
{
	if (line->state == EMPTY)
		return;
	struct line **link = chain_of(line->cache, line->number);
	while (*link != line)
		link = &(*link)->next;
	*link = line->next;
	line->state = EMPTY;
}

/* The line that the clock gives up, EMPTY and with memory; NULL if all are busy or none has any. */
static struct line *line_take(struct cache *cache)
{
	for (unsigned int steps = 0; steps < 2 * cache->count; steps++) {
		struct line *line = &cache->lines[cache->hand];
		cache->hand = (cache->hand + 1) % cache->count;
		if (line->state == READING || line->waiting)
			continue;
		if (line->used) {
			line->used = false;
			continue;
		}
		if (!line->data) {
			line->data = pages_alloc(LINE_PAGES);
			if (!line->data)
				continue;
			cache->stats.lines++;
		}
		line_recycle(line);
		return line;
	}
	return NULL;
}

/* The last line of a disk may be a short one. */
static size_t line_bytes(const struct line *line)
{
	const uint64_t rest = line->cache->disk_bytes - line->number * CACHE_LINE_BYTES;
	return rest < CACHE_LINE_BYTES ? (size_t)rest : CACHE_LINE_BYTES;
}

/* May run in an event handler. */
static void line_done(struct blkfront_request *request, int status)
{
	struct line *line = request->context;
	line->state = status ? FAILED : VALID;
	waitq_wake_all(&line->cache->arrived);
}

/* Puts the request for an EMPTY or FAILED line on the ring: 0, or -EAGAIN when it is full. */
static int line_fetch(struct line *line)
{
	line->request = (struct blkfront_request){
		.op = BLKFRONT_READ,
		.offset = line->number * CACHE_LINE_BYTES,
		.data = line->data,
		.len = line_bytes(line),
		.done = line_done,
		.context = line,
	};
	const enum line_state before = line->state;
	line->state = READING;
	int error = blkfront_submit(line->cache->disk, &line->request);
	if (error)
		line->state = before;
	return error;
}

/* A line for this part of the disk that is on its way; NULL if there is no line or no room. */
static struct line *line_start(struct cache *cache, uint64_t number)
{
	struct line *line = line_take(cache);
	if (!line)
		return NULL;
	line->number = number;
	if (line_fetch(line))
		return NULL;
	cache->stats.fetched++;
	line->next = *chain_of(cache, number);
	*chain_of(cache, number) = line;
	return line;
}

/* 0 once it is VALID. */
static int line_wait(struct line *line)
{
	if (line->state == FAILED && line_fetch(line))
		return -EIO;
	line->waiting++;
	waitq_wait_until(&line->cache->arrived, line->state != READING, TIME_FOREVER);
	line->waiting--;
	return line->state == VALID ? 0 : -EIO;
}

static bool range_on_disk(const struct cache *cache, uint64_t offset, size_t len)
{
	return offset <= cache->disk_bytes && len <= cache->disk_bytes - offset;
}

void cache_read_ahead(struct cache *cache, uint64_t offset, size_t len)
{
	if (len == 0 || !range_on_disk(cache, offset, len))
		return;
	const uint64_t last = (offset + len - 1) / CACHE_LINE_BYTES;
	for (uint64_t number = offset / CACHE_LINE_BYTES; number <= last; number++) {
		if (line_find(cache, number))
			continue;
		if (!line_start(cache, number))
			break;
	}
}

/* How many bytes from offset on, in whole lines, are not cached; 0 if it is not worth a bypass. */
static size_t direct_bytes(struct cache *cache, uint64_t offset, size_t len)
{
	if (offset % CACHE_LINE_BYTES)
		return 0;
	size_t lines = 0;
	while (lines < len / CACHE_LINE_BYTES &&
	       !line_find(cache, offset / CACHE_LINE_BYTES + lines))
		lines++;
	return lines >= DIRECT_LINES ? lines * CACHE_LINE_BYTES : 0;
}

/* Within one line. */
static int line_read(struct cache *cache, uint64_t offset, void *buf, size_t len)
{
	const uint64_t number = offset / CACHE_LINE_BYTES;
	struct line *line = line_find(cache, number);
	if (line) {
		cache->stats.found++;
	} else {
		line = line_start(cache, number);
		if (!line) {
			cache->stats.direct_bytes += len;
			return blkfront_read(cache->disk, offset, buf, len) ? -EIO : 0;
		}
	}
	int error = line_wait(line);
	if (error)
		return error;
	line->used = true;
	memcpy(buf, line->data + offset % CACHE_LINE_BYTES, len);
	return 0;
}

int cache_read(struct cache *cache, uint64_t offset, void *buf, size_t len)
{
	if (!range_on_disk(cache, offset, len))
		return -EIO;
	while (len > 0) {
		size_t n = direct_bytes(cache, offset, len);
		int error;
		if (n) {
			cache->stats.direct_bytes += n;
			error = blkfront_read(cache->disk, offset, buf, n) ? -EIO : 0;
		} else {
			n = CACHE_LINE_BYTES - offset % CACHE_LINE_BYTES;
			if (n > len)
				n = len;
			else if (n < len) /* the next ones on their way, while we wait for this */
				cache_read_ahead(cache, offset, len < SPAN_MAX ? len : SPAN_MAX);
			error = line_read(cache, offset, buf, n);
		}
		if (error)
			return error;
		offset += n;
		buf = (char *)buf + n;
		len -= n;
	}
	return 0;
}
