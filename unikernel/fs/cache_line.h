/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of the cache, for cache.c (reading), cache_write.c and write_back.c.
 *
 *	line:     | s0 | s1 | s2 | … | s31 |     units of 512 bytes
 *	valid       1    1    1        0         there; the others are what nobody has asked for
 *	dirty       0    1    1        0         newer than on the disk; always valid
 *	writing     0    1    0        0         in a request to the disk
 *
 * A disk with larger sectors has several units in each, whose bits are always alike.
 *
 * Copying does not block, and threads are cooperative: what is valid now stays so until a copy is
 * done.  Only across a wait a line must be kept, which `waiting` does.
 */
#ifndef LODGER_FS_CACHE_LINE_H
#define LODGER_FS_CACHE_LINE_H

#include <stdbool.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/waitq.h"
#include "unikernel/fs/cache.h"

#define UNIT_BYTES 512u
#define LINE_UNITS (CACHE_LINE_BYTES / UNIT_BYTES)

/* From so many lines in a row on, what is not cached goes past the cache. */
#define DIRECT_LINES 4u
#define DIRECT_BYTES (DIRECT_LINES * CACHE_LINE_BYTES)

/* Requests of dirty lines under way at once, and how many lines each may take. */
#define FLIGHTS	     8u
#define FLIGHT_LINES 64u

struct line {
	uint64_t number; /* offset on the disk / CACHE_LINE_BYTES, if present */
	uint32_t valid, dirty, writing;
	uint32_t fetching;    /* the units of the read under way */
	uint32_t awaited;     /* of those that are dirty: cache_write_back() waits for them */
	bool present;	      /* in its chain of the hash */
	bool failed;	      /* the last read did */
	bool used;	      /* since the hand of the clock last passed */
	unsigned int waiting; /* threads that need it to stay */
	char *data;	      /* CACHE_LINE_BYTES, or NULL before its first use */
	struct line *next;    /* in its chain of the hash */
	struct cache *cache;
	struct blkfront_request request; /* its reads */
};

/* One write of dirty units in a row, through one or several lines. */
struct flight {
	struct blkfront_request request;
	struct cache *cache;
	bool busy;
	unsigned int pieces;
	struct blkfront_piece piece[FLIGHT_LINES];
	struct line *line[FLIGHT_LINES];
	uint32_t units[FLIGHT_LINES];
};

struct cache {
	struct blkfront *disk;
	uint64_t disk_bytes;
	uint32_t sector_bytes;
	bool readonly;
	bool can_flush, can_fua;
	bool unflushed;	      /* something was written since the last flush */
	struct waitq arrived; /* some request ended */
	unsigned int count, hand, dirty, in_flight;
	unsigned int mask; /* of the hash: a power of two, less one */
	struct line **chains;
	uint64_t failures;
	struct cache_stats stats;
	struct flight flights[FLIGHTS];
	struct line lines[];
};

struct line *line_find(struct cache *cache, uint64_t number);

/* A line for this part of the disk, in the hash, nothing of it valid; NULL: all are busy. */
struct line *line_add(struct cache *cache, uint64_t number);

/* 0 once these units are valid, fetching them; -EIO. */
int line_wait_valid(struct line *line, uint32_t units);

/* Until no request reads or writes it.  The line is kept meanwhile. */
void line_wait_idle(struct line *line);

void line_set_dirty(struct line *line, uint32_t dirty);

/* The units that [in, in + len) of a line touches, in whole sectors. */
uint32_t line_units(const struct cache *cache, size_t in, size_t len);

bool range_on_disk(const struct cache *cache, uint64_t offset, uint64_t len);

/* Puts as much of what is dirty on its way as there are flights for; true if that is all. */
bool write_back_start(struct cache *cache);

#endif
