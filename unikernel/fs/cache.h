/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded cache of what a disk holds, in lines of 16 KiB, and what is to be written to it.
 *
 * A line is fetched with one request; several are in flight when more is wanted, by cache_read()
 * for its own range and by cache_read_ahead() for what is expected next.  Lines are replaced by
 * CLOCK: a line that was used since the hand last passed is passed once more.  Memory is taken
 * when a line is first used, never beyond the size given; when there is none, reads and writes
 * bypass the cache and go on.
 *
 * What is written stays in its line, dirty, until cache_write_back() or until half of the lines are
 * dirty: then whoever writes waits for the disk.  Which sectors of a line are there and which are
 * dirty is known one by one, so that writing needs no reading and only what changed is written.
 * Dirty sectors that lie in a row on the disk go out in one request.
 *
 * Nothing here is in any order but by cache_write_back() and cache_flush(): the journal uses those.
 */
#ifndef LODGER_FS_CACHE_H
#define LODGER_FS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blkfront;
struct cache;

#define CACHE_LINE_BYTES ((size_t)16 << 10)

/* A cache of at most so many bytes (at least 8 lines).  NULL when there is no memory. */
struct cache *cache_create(struct blkfront *disk, size_t bytes);

/* Waits for what is in flight, then frees everything; what is dirty is lost. */
void cache_destroy(struct cache *cache);

/* The size of the disk in bytes, and of its sectors; whether it refuses writes. */
uint64_t cache_disk_bytes(const struct cache *cache);
size_t cache_sector_bytes(const struct cache *cache);
bool cache_readonly(const struct cache *cache);

/* How many bytes of lines the cache may hold. */
size_t cache_bytes(const struct cache *cache);

/*
 * Blocking.  0, or -EIO when the disk failed or the range lies beyond its end.  64 KiB and more of
 * whole sectors that are not cached go straight into buf.
 */
int cache_read(struct cache *cache, uint64_t offset, void *buf, size_t len);

/* Begins to fetch what is not there yet; never waits, and what has no room is left out. */
void cache_read_ahead(struct cache *cache, uint64_t offset, size_t len);

/*
 * Blocking only when there is no room for more dirty lines, or what has to be read first is not
 * there.  64 KiB and more of whole sectors go straight out of buf and are on the disk (though not
 * on stable storage) at the return.  -EIO as above; the failure of a line that is written later is
 * told by cache_write_back() or cache_failures().
 */
int cache_write(struct cache *cache, uint64_t offset, const void *buf, size_t len);

/* The same for zeroes. */
int cache_zero(struct cache *cache, uint64_t offset, uint64_t len);

/* What was dirty at the call is on the disk at the return: 0, or -EIO if some write failed. */
int cache_write_back(struct cache *cache);

/* What is on the disk is on stable storage at the return; asks the disk only if there is news. */
int cache_flush(struct cache *cache);

/*
 * Past the lines, for the journal: pieces in a row at offset, whole sectors, waited for.  With
 * durable they are on stable storage at the return, and so is all that was written before.
 */
struct blkfront_piece;
int cache_write_pieces(struct cache *cache, uint64_t offset, const struct blkfront_piece *piece,
		       unsigned int pieces, bool durable);

/* How many writes of dirty lines have failed so far: news for fsync(). */
uint64_t cache_failures(const struct cache *cache);

struct cache_stats {
	uint64_t found;		/* lines that cache_read() found, or found on their way */
	uint64_t fetched;	/* lines fetched from the disk */
	uint64_t direct_bytes;	/* bytes that went straight to the caller, or from it */
	uint64_t written_bytes; /* of dirty lines */
	uint64_t writes;	/* requests that they took */
	size_t lines;		/* lines that have memory now */
	size_t dirty;		/* lines that are dirty now */
};

void cache_stats(const struct cache *cache, struct cache_stats *stats);

#endif
