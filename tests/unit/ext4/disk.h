/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory behind blkfront's interface, for unikernel/fs on the host.
 *
 * Requests stay in flight until somebody waits, and then finish in an order drawn from a seed, so
 * that nothing can rely on theirs.  Whoever waits with nothing in flight would wait for ever: that
 * ends the test.
 *
 * What is written is volatile until a flush, or was written with fua.  When the power is cut, every
 * sector of what is volatile or was under way is there or is not, as the seed has it.
 */
#ifndef LODGER_TEST_EXT4_DISK_H
#define LODGER_TEST_EXT4_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blkfront;

struct disk_counts {
	uint64_t requests, in_flight_most, writes, written_bytes, flushes;
};

/* One disk at a time.  The image stays the caller's and is rounded down to whole sectors. */
struct blkfront *disk_open(uint8_t *image, size_t bytes, unsigned int sector_size, uint32_t seed);
void disk_set_readonly(void);
/* Requests that touch this byte fail from now on; UINT64_MAX: none. */
void disk_fail_at(uint64_t offset);
struct disk_counts disk_counts(void);

/* Finishes one request; false if none is in flight. */
bool disk_finish_one(void);

/*
 * From now on what is volatile is remembered, and after so many further writes and flushes the power
 * goes: every request fails then.
 */
void disk_cut_after(uint64_t requests);
bool disk_is_cut(void);
/* What is found on the disk afterwards, into the image that was given to disk_open(). */
void disk_restore(void);
/* Forgets what is volatile: it is on the disk. */
void disk_settle(void);

/* One allocation in so many fails, at random; 0: none. */
extern unsigned int heap_fail_one_in;

/* Whether log lines are shown on stderr; how many errors were logged. */
extern bool log_visible;
extern unsigned int log_errors;

#endif
