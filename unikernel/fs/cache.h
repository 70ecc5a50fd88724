/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded cache of what a disk holds, for reading, in lines of 16 KiB.
 *
 * A line is fetched with one request; several are in flight when more is wanted, by cache_read()
 * for its own range and by cache_read_ahead() for what is expected next.  Lines are replaced by
 * CLOCK: a line that was used since the hand last passed is passed once more.  Memory is taken
 * when a line is first used, never beyond the size given; when there is none, reads bypass the
 * cache and go on.
 */
#ifndef LODGER_FS_CACHE_H
#define LODGER_FS_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct blkfront;
struct cache;

#define CACHE_LINE_BYTES ((size_t)16 << 10)

/* A cache of at most so many bytes (at least 8 lines).  NULL when there is no memory. */
struct cache *cache_create(struct blkfront *disk, size_t bytes);

/* Waits for what is in flight, then frees everything. */
void cache_destroy(struct cache *cache);

/* The size of the disk in bytes. */
uint64_t cache_disk_bytes(const struct cache *cache);

/* How many bytes of lines the cache may hold. */
size_t cache_bytes(const struct cache *cache);

/*
 * Blocking.  0, or -EIO when the disk failed or the range lies beyond its end.  A whole line that
 * is not cached and belongs to a long read goes straight into buf.
 */
int cache_read(struct cache *cache, uint64_t offset, void *buf, size_t len);

/* Begins to fetch what is not there yet; never waits, and what has no room is left out. */
void cache_read_ahead(struct cache *cache, uint64_t offset, size_t len);

struct cache_stats {
	uint64_t found;	       /* lines that cache_read() found, or found on their way */
	uint64_t fetched;      /* lines fetched from the disk */
	uint64_t direct_bytes; /* bytes that went straight to the caller */
	size_t lines;	       /* lines that have memory now */
};

void cache_stats(const struct cache *cache, struct cache_stats *stats);

#endif
