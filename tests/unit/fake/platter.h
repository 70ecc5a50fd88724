/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk with a volatile write cache, in memory: what reads find, what a power cut leaves.
 *
 *   write ──► cached writes, oldest first ──flush──► platter
 *             └── read finds these before ──────────►┘
 *
 * A cut loses any of the writes that no flush has covered, sector by sector, as the seed draws
 * them; what an earlier flush or a write-through has put on the platter is never lost to an older
 * write. It stands on the host's libc alone: the fake blkback has one, and so may whoever puts a
 * disk below a file system.
 */
#ifndef FAKE_PLATTER_H
#define FAKE_PLATTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLATTER_SECTOR 512u /* written whole or not at all */

struct platter;

/* Of zeros. Beyond its end reads give zeros, and writes go nowhere. */
struct platter *platter_make(size_t bytes);
void platter_free(struct platter *platter);

/* What reads find now, to be looked at and, before the first write, filled. */
uint8_t *platter_data(struct platter *platter);
/* Takes what was filled in as being on the platter. */
void platter_settle(struct platter *platter);

/* Offsets and lengths are multiples of PLATTER_SECTOR. */
void platter_read(const struct platter *platter, uint64_t at, void *to, size_t len);
void platter_write(struct platter *platter, uint64_t at, const void *data, size_t len);
/* The same, and past the cache: FUA. */
void platter_write_through(struct platter *platter, uint64_t at, const void *data, size_t len);
/* Reads zeros from now on; not before a flush for certain. */
void platter_discard(struct platter *platter, uint64_t at, uint64_t len);

/*
 * A flush covers the writes that were done when it was asked for (mark), whatever was done by
 * the time it is (flush).
 */
uint64_t platter_mark(const struct platter *platter);
void platter_flush(struct platter *platter, uint64_t mark);

/* Writes that are not on the platter yet. */
size_t platter_unflushed(const struct platter *platter);

/*
 * The power fails and comes back. Of the writes in the cache, the seed says which sectors were
 * written: none, all, whole writes at random, sectors at random, or the first so many.
 */
void platter_cut(struct platter *platter, uint32_t seed);

#endif
