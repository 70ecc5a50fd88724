/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory behind blkfront's interface, for unikernel/fs on the host.
 *
 * Requests stay in flight until somebody waits, and then finish in an order drawn from a seed, so
 * that nothing can rely on theirs.  Whoever waits with nothing in flight would wait for ever: that
 * ends the test.
 */
#ifndef LODGER_TEST_EXT4_DISK_H
#define LODGER_TEST_EXT4_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blkfront;

struct disk_counts {
	uint64_t requests, in_flight_most;
};

/* One disk at a time.  The image stays the caller's and is rounded down to whole sectors. */
struct blkfront *disk_open(const uint8_t *image, size_t bytes, unsigned int sector_size,
			   uint32_t seed);
/* Reads that touch this byte fail from now on; UINT64_MAX: none. */
void disk_fail_at(uint64_t offset);
struct disk_counts disk_counts(void);

/* Finishes one request; false if none is in flight. */
bool disk_finish_one(void);

/* Whether log lines are shown on stderr; how many errors were logged. */
extern bool log_visible;
extern unsigned int log_errors;

#endif
