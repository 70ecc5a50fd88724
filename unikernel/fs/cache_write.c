/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing into lines, and long writes past them. */
#include <errno.h>
#include <string.h>

#include "unikernel/core/time.h"
#include "unikernel/fs/cache.h"
#include "unikernel/fs/cache_line.h"

/* More than this and whoever writes waits for the disk. */
static unsigned int dirty_most(const struct cache *cache)
{
	return cache->count / 2;
}

void line_set_dirty(struct line *line, uint32_t dirty)
{
	struct cache *cache = line->cache;
	if (!line->dirty && dirty)
		cache->dirty++;
	else if (line->dirty && !dirty)
		cache->dirty--;
	line->dirty = dirty;
}

/* Makes room: what is dirty goes out, and we wait until something has. */
static void wait_for_room(struct cache *cache)
{
	write_back_start(cache);
	if (cache->in_flight)
		waitq_wait(&cache->arrived, TIME_FOREVER);
}

static struct line *line_for_writing(struct cache *cache, uint64_t number)
{
	struct line *line;
	while (!(line = line_find(cache, number))) {
		if (cache->dirty < dirty_most(cache) && (line = line_add(cache, number)))
			break;
		if (cache->dirty == 0 && cache->in_flight == 0)
			return NULL; /* no memory for a line, and none will come */
		wait_for_room(cache);
	}
	return line;
}

/* Within one line; buf NULL: zeroes. */
static int line_write(struct cache *cache, uint64_t offset, const char *buf, size_t len)
{
	static char zeroes[CACHE_LINE_BYTES]; /* never written, and so not in the image */
	struct line *line = line_for_writing(cache, offset / CACHE_LINE_BYTES);
	if (!line)
		return blkfront_write(cache->disk, offset, buf ? buf : zeroes, len) ? -EIO : 0;

	const size_t in = offset % CACHE_LINE_BYTES, sector = cache->sector_bytes;
	const uint32_t units = line_units(cache, in, len);
	line->waiting++;
	/* A sector that is written in part must be there first; and no read may come in after us. */
	int error = 0;
	if (in % sector)
		error = line_wait_valid(line, line_units(cache, in, 1));
	if (!error && (in + len) % sector)
		error = line_wait_valid(line, line_units(cache, in + len - 1, 1));
	waitq_wait_until(&cache->arrived, !(line->fetching & units), TIME_FOREVER);
	line->waiting--;
	if (error)
		return error;
	if (buf)
		memcpy(line->data + in, buf, len);
	else
		memset(line->data + in, 0, len);
	line->valid |= units;
	line->used = true;
	line_set_dirty(line, line->dirty | units);
	return 0;
}

/*
 * The lines of a range that is written past them: what they hold of it is out of date.  Before the
 * write no older request may be under way; after it a line must go that was fetched meanwhile.
 */
static void lines_drop(struct cache *cache, uint64_t offset, size_t len, bool dirty_too)
{
	while (len > 0) {
		const size_t in = offset % CACHE_LINE_BYTES;
		const size_t n = CACHE_LINE_BYTES - in < len ? CACHE_LINE_BYTES - in : len;
		struct line *line = line_find(cache, offset / CACHE_LINE_BYTES);
		if (line) {
			line_wait_idle(line);
			uint32_t units = line_units(cache, in, n);
			if (!dirty_too)
				units &= ~line->dirty;
			line->valid &= ~units;
			line_set_dirty(line, line->dirty & ~units);
		}
		offset += n;
		len -= n;
	}
}

static int write_direct(struct cache *cache, uint64_t offset, const char *buf, size_t len)
{
	lines_drop(cache, offset, len, true);
	cache->unflushed = true;
	cache->stats.direct_bytes += len;
	int error = blkfront_write(cache->disk, offset, buf, len);
	lines_drop(cache, offset, len, false);
	return error ? -EIO : 0;
}

int cache_write(struct cache *cache, uint64_t offset, const void *buf, size_t len)
{
	if (!range_on_disk(cache, offset, len) || cache->readonly)
		return -EIO;
	while (len > 0) {
		int error;
		size_t n = len / cache->sector_bytes * cache->sector_bytes;
		if (n >= DIRECT_BYTES && offset % cache->sector_bytes == 0) {
			error = write_direct(cache, offset, buf, n);
		} else {
			n = CACHE_LINE_BYTES - offset % CACHE_LINE_BYTES;
			if (n > len)
				n = len;
			error = line_write(cache, offset, buf, n);
		}
		if (error)
			return error;
		offset += n;
		buf = (const char *)buf + n;
		len -= n;
	}
	return 0;
}

int cache_zero(struct cache *cache, uint64_t offset, uint64_t len)
{
	if (!range_on_disk(cache, offset, len) || cache->readonly)
		return -EIO;
	while (len > 0) {
		size_t n = CACHE_LINE_BYTES - offset % CACHE_LINE_BYTES;
		if (n > len)
			n = (size_t)len;
		int error = line_write(cache, offset, NULL, n);
		if (error)
			return error;
		offset += n;
		len -= n;
	}
	return 0;
}
