/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines: found by a hash, replaced by CLOCK, fetched and read. */
#include "unikernel/fs/cache.h"

#include <errno.h>
#include <string.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/cache_line.h"

#define LINE_PAGES (CACHE_LINE_BYTES / PAGE_SIZE)
#define LINES_MIN  8u

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
	cache->sector_bytes = info.sector_size;
	cache->disk_bytes = info.sectors * info.sector_size;
	cache->readonly = info.readonly;
	cache->can_flush = info.flush;
	cache->can_fua = info.fua;
	cache->count = count;
	cache->mask = chains - 1;
	for (unsigned int i = 0; i < count; i++)
		cache->lines[i].cache = cache;
	return cache;
}

void cache_destroy(struct cache *cache)
{
	waitq_wait_until(&cache->arrived, cache->in_flight == 0, TIME_FOREVER);
	for (unsigned int i = 0; i < cache->count; i++)
		pages_free(cache->lines[i].data, LINE_PAGES);
	heap_free(cache->chains);
	heap_free(cache);
}

uint64_t cache_disk_bytes(const struct cache *cache)
{
	return cache->disk_bytes;
}

size_t cache_sector_bytes(const struct cache *cache)
{
	return cache->sector_bytes;
}

bool cache_readonly(const struct cache *cache)
{
	return cache->readonly;
}

size_t cache_bytes(const struct cache *cache)
{
	return cache->count * CACHE_LINE_BYTES;
}

uint64_t cache_failures(const struct cache *cache)
{
	return cache->failures;
}

void cache_stats(const struct cache *cache, struct cache_stats *stats)
{
	*stats = cache->stats;
	stats->dirty = cache->dirty;
}

/* --- lines ------------------------------------------------------------------------------------ */

static struct line **chain_of(struct cache *cache, uint64_t number)
{
	return &cache->chains[(number ^ (number >> 9)) & cache->mask];
}

struct line *line_find(struct cache *cache, uint64_t number)
{
	struct line *line = *chain_of(cache, number);
	while (line && line->number != number)
		line = line->next;
	return line;
}

static void line_recycle(struct line *line)
{
	if (!line->present)
		return;
	struct line **link = chain_of(line->cache, line->number);
	while (*link != line)
		link = &(*link)->next;
	*link = line->next;
	line->present = false;
}

static bool line_busy(const struct line *line)
{
	return line->fetching || line->dirty || line->writing || line->waiting;
}

/* The line that the clock gives up, with memory; NULL if all are busy or none has any. */
static struct line *line_take(struct cache *cache)
{
	for (unsigned int steps = 0; steps < 2 * cache->count; steps++) {
		struct line *line = &cache->lines[cache->hand];
		cache->hand = (cache->hand + 1) % cache->count;
		if (line_busy(line))
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

struct line *line_add(struct cache *cache, uint64_t number)
{
	struct line *line = line_take(cache);
	if (!line)
		return NULL;
	line->number = number;
	line->valid = 0;
	line->failed = false;
	line->present = true;
	line->next = *chain_of(cache, number);
	*chain_of(cache, number) = line;
	return line;
}

uint32_t line_units(const struct cache *cache, size_t in, size_t len)
{
	const size_t sector = cache->sector_bytes;
	const size_t first = in / sector * sector / UNIT_BYTES;
	const size_t end = (in + len + sector - 1) / sector * sector / UNIT_BYTES;
	return (uint32_t)(((uint64_t)1 << end) - ((uint64_t)1 << first));
}

/* The last line of a disk may be a short one. */
static uint32_t units_on_disk(const struct line *line)
{
	const uint64_t rest = line->cache->disk_bytes - line->number * CACHE_LINE_BYTES;
	return rest < CACHE_LINE_BYTES ? (uint32_t)(((uint64_t)1 << (rest / UNIT_BYTES)) - 1)
				       : UINT32_MAX;
}

/* May run in an event handler. */
static void line_done(struct blkfront_request *request, int status)
{
	struct line *line = request->context;
	if (status)
		line->failed = true;
	else
		line->valid |= line->fetching;
	line->fetching = 0;
	line->cache->in_flight--;
	waitq_wake_all(&line->cache->arrived);
}

/* Asks for the first units in a row that are not valid. */
static int line_fetch(struct line *line)
{
	const uint32_t wanted = units_on_disk(line) & ~line->valid;
	const unsigned int first = (unsigned int)__builtin_ctz(wanted);
	unsigned int end = first;
	while (end < LINE_UNITS && (wanted >> end & 1))
		end++;
	line->request = (struct blkfront_request){
		.op = BLKFRONT_READ,
		.offset = line->number * CACHE_LINE_BYTES + first * UNIT_BYTES,
		.data = line->data + first * UNIT_BYTES,
		.len = (end - first) * UNIT_BYTES,
		.done = line_done,
		.context = line,
	};
	line->failed = false;
	line->fetching = (uint32_t)(((uint64_t)1 << end) - ((uint64_t)1 << first));
	line->cache->in_flight++;
	int error = blkfront_submit(line->cache->disk, &line->request);
	if (error) {
		line->fetching = 0;
		line->cache->in_flight--;
	}
	return error;
}

int line_wait_valid(struct line *line, uint32_t units)
{
	int error = 0;
	line->waiting++;
	while (!error && (units & ~line->valid)) {
		if (!line->fetching) {
			error = line_fetch(line);
			continue;
		}
		waitq_wait_until(&line->cache->arrived, !line->fetching, TIME_FOREVER);
		if (line->failed)
			error = -EIO;
	}
	line->waiting--;
	return error ? -EIO : 0;
}

void line_wait_idle(struct line *line)
{
	line->waiting++;
	waitq_wait_until(&line->cache->arrived, !line->fetching && !line->writing, TIME_FOREVER);
	line->waiting--;
}

/* A line for this part of the disk that is on its way; NULL if there is no line or no room. */
static struct line *line_start(struct cache *cache, uint64_t number)
{
	struct line *line = line_add(cache, number);
	if (!line)
		return NULL;
	if (line_fetch(line)) {
		line_recycle(line);
		return NULL;
	}
	cache->stats.fetched++;
	return line;
}

/* --- reading ---------------------------------------------------------------------------------- */

bool range_on_disk(const struct cache *cache, uint64_t offset, uint64_t len)
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

/* How many bytes from offset on, in whole sectors, are not cached; 0 if it is not worth a bypass. */
static size_t direct_bytes(struct cache *cache, uint64_t offset, size_t len)
{
	len -= len % cache->sector_bytes;
	if (len < DIRECT_BYTES || offset % cache->sector_bytes)
		return 0;
	size_t bytes = 0;
	while (bytes < len && !line_find(cache, (offset + bytes) / CACHE_LINE_BYTES))
		bytes += CACHE_LINE_BYTES - (offset + bytes) % CACHE_LINE_BYTES;
	if (bytes > len)
		bytes = len;
	return bytes >= DIRECT_BYTES ? bytes : 0;
}

/* Within one line. */
static int line_read(struct cache *cache, uint64_t offset, void *buf, size_t len)
{
	const uint64_t number = offset / CACHE_LINE_BYTES;
	const size_t in = offset % CACHE_LINE_BYTES;
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
	int error = line_wait_valid(line, line_units(cache, in, len));
	if (error)
		return error;
	line->used = true;
	memcpy(buf, line->data + in, len);
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
				cache_read_ahead(cache, offset,
						 len < DIRECT_BYTES ? len : DIRECT_BYTES);
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
