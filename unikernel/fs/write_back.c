/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From dirty lines to the disk: units that lie in a row there go in one request, each line a piece.
 *
 *	lines     …| 41: …111 | 42: 11111111 | 43: 11… |…      1: dirty
 *	request        └──────── one write ───────┘
 *
 * A line may be written to while it is on its way: it is dirty again then, and goes out again, but
 * not before the first request has ended.
 */
#include <errno.h>

#include "unikernel/core/time.h"
#include "unikernel/fs/cache.h"
#include "unikernel/fs/cache_line.h"

static bool line_ready(const struct line *line)
{
	return line && line->dirty && !line->writing;
}

/* May run in an event handler. */
static void flight_done(struct blkfront_request *request, int status)
{
	struct flight *flight = request->context;
	struct cache *cache = flight->cache;
	for (unsigned int i = 0; i < flight->pieces; i++)
		flight->line[i]->writing &= ~flight->units[i];
	if (status)
		cache->failures++;
	flight->busy = false;
	cache->in_flight--;
	waitq_wake_all(&cache->arrived);
}

/* The first of the lines in a row that are dirty up to their ends. */
static struct line *row_begin(struct line *line)
{
	struct line *before;
	while ((line->dirty & 1) && line->number > 0 &&
	       line_ready(before = line_find(line->cache, line->number - 1)) &&
	       before->dirty >> (LINE_UNITS - 1))
		line = before;
	return line;
}

/* Takes a run of the line's dirty units from `first` on as a piece; the unit behind it. */
static unsigned int flight_add(struct flight *flight, struct line *line, unsigned int first)
{
	unsigned int end = first;
	while (end < LINE_UNITS && (line->dirty >> end & 1))
		end++;
	const uint32_t units = (uint32_t)(((uint64_t)1 << end) - ((uint64_t)1 << first));
	flight->line[flight->pieces] = line;
	flight->units[flight->pieces] = units;
	flight->piece[flight->pieces++] = (struct blkfront_piece){
		.data = line->data + first * UNIT_BYTES,
		.len = (end - first) * UNIT_BYTES,
	};
	flight->request.len += (end - first) * UNIT_BYTES;
	line->writing |= units;
	line->awaited &= ~units;
	line_set_dirty(line, line->dirty & ~units);
	return end;
}

static void flight_start(struct flight *flight, struct line *line)
{
	struct cache *cache = flight->cache;
	line = row_begin(line);
	/* Of the first line the last run of units, which may go on in the next; others come later. */
	unsigned int first = LINE_UNITS - 1 - (unsigned int)__builtin_clz(line->dirty);
	while (first > 0 && (line->dirty >> (first - 1) & 1))
		first--;
	flight->pieces = 0;
	flight->request = (struct blkfront_request){
		.op = BLKFRONT_WRITE,
		.offset = line->number * CACHE_LINE_BYTES + first * UNIT_BYTES,
		.piece = flight->piece,
		.done = flight_done,
		.context = flight,
	};
	while (flight_add(flight, line, first) == LINE_UNITS && flight->pieces < FLIGHT_LINES) {
		first = 0;
		line = line_find(cache, line->number + 1);
		if (!line_ready(line) || !(line->dirty & 1))
			break;
	}
	flight->request.pieces = flight->pieces;
	flight->busy = true;
	cache->in_flight++;
	cache->unflushed = true;
	cache->stats.writes++;
	cache->stats.written_bytes += flight->request.len;
	int error = blkfront_submit(cache->disk, &flight->request);
	if (error)
		flight_done(&flight->request, error);
}

static struct flight *flight_free(struct cache *cache)
{
	for (unsigned int i = 0; i < FLIGHTS; i++)
		if (!cache->flights[i].busy)
			return &cache->flights[i];
	return NULL;
}

bool write_back_start(struct cache *cache)
{
	for (unsigned int i = 0; i < cache->count && cache->dirty; i++) {
		/* A line may hold several runs. */
		while (line_ready(&cache->lines[i])) {
			struct flight *flight = flight_free(cache);
			if (!flight)
				return false;
			flight->cache = cache;
			flight_start(flight, &cache->lines[i]);
		}
	}
	return true;
}

static bool flying(const struct cache *cache)
{
	for (unsigned int i = 0; i < FLIGHTS; i++)
		if (cache->flights[i].busy)
			return true;
	return false;
}

static bool awaited(const struct cache *cache)
{
	for (unsigned int i = 0; i < cache->count; i++)
		if (cache->lines[i].awaited & cache->lines[i].dirty)
			return true;
	return false;
}

/* Lines that are dirty and on their way go out in a second round. */
int cache_write_back(struct cache *cache)
{
	const uint64_t failures = cache->failures;
	if (cache->dirty)
		for (unsigned int i = 0; i < cache->count; i++)
			cache->lines[i].awaited = cache->lines[i].dirty;
	while (cache->dirty && awaited(cache)) {
		write_back_start(cache);
		if (awaited(cache))
			waitq_wait(&cache->arrived, TIME_FOREVER);
	}
	waitq_wait_until(&cache->arrived, !flying(cache), TIME_FOREVER);
	return cache->failures == failures ? 0 : -EIO;
}

int cache_flush(struct cache *cache)
{
	if (!cache->unflushed || !cache->can_flush) {
		cache->unflushed = false;
		return 0;
	}
	cache->unflushed = false;
	int error = blkfront_flush(cache->disk);
	if (error)
		cache->unflushed = true;
	return error ? -EIO : 0;
}

/* --- past the lines --------------------------------------------------------------------------- */

struct waited {
	struct blkfront_request request;
	struct waitq *arrived;
	bool done;
	int status;
};

static void waited_done(struct blkfront_request *request, int status)
{
	struct waited *waited = request->context;
	waited->status = status;
	waited->done = true;
	waitq_wake_all(waited->arrived);
}

int cache_write_pieces(struct cache *cache, uint64_t offset, const struct blkfront_piece *piece,
		       unsigned int pieces, bool durable)
{
	struct waited waited = {.arrived = &cache->arrived};
	waited.request = (struct blkfront_request){
		.op = BLKFRONT_WRITE,
		.offset = offset,
		.piece = piece,
		.pieces = pieces,
		.fua = durable && cache->can_fua,
		.done = waited_done,
		.context = &waited,
	};
	for (unsigned int i = 0; i < pieces; i++)
		waited.request.len += piece[i].len;
	if (durable && cache_flush(cache))
		return -EIO;
	int error = blkfront_submit(cache->disk, &waited.request);
	if (error)
		return -EIO;
	if (!waited.request.fua)
		cache->unflushed = true;
	waitq_wait_until(&cache->arrived, waited.done, TIME_FOREVER);
	if (waited.status)
		return -EIO;
	return durable ? cache_flush(cache) : 0;
}
