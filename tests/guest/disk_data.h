/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes for disks, of which each eight are a function of their offset and a round, so that data in
 * the wrong place or of another time shows; and requests that a test waits for.
 */
#ifndef LODGER_TESTS_GUEST_DISK_DATA_H
#define LODGER_TESTS_GUEST_DISK_DATA_H

#include <string.h>

#include "blkfront/blkfront.h"
#include "tests/guest/verdict.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

static inline uint64_t disk_pattern(uint64_t offset, uint64_t round)
{
	return (offset * 0x9e3779b97f4a7c15u) ^ (round * 0xff51afd7ed558ccdu);
}

/* offset and len: multiples of eight. data may lie anywhere. */
static inline void disk_fill(unsigned char *data, uint64_t offset, size_t len, uint64_t round)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t value = disk_pattern(offset + i, round);

		memcpy(data + i, &value, sizeof(value));
	}
}

static inline bool disk_filled(const unsigned char *data, uint64_t offset, size_t len,
			       uint64_t round)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t value;

		memcpy(&value, data + i, sizeof(value));
		if (value != disk_pattern(offset + i, round))
			return false;
	}
	return true;
}

/* Requests under way; and how many have ended, well or not. */
static struct {
	struct waitq ended;
	unsigned int busy, done, errors;
	int status;
} disk_requests;

static inline void disk_done(struct blkfront_request *request, int status)
{
	(void)request;
	disk_requests.busy--;
	disk_requests.done++;
	disk_requests.errors += status != 0;
	if (status != 0)
		disk_requests.status = status;
	waitq_wake_all(&disk_requests.ended);
}

static inline void disk_submit(struct blkfront *bf, struct blkfront_request *request)
{
	request->done = disk_done;
	disk_requests.busy++;
	if (!CHECK(blkfront_submit(bf, request) == 0))
		disk_requests.busy--;
}

/* All of them, without an error. */
static inline void disk_wait(void)
{
	CHECK(waitq_wait_until(&disk_requests.ended, disk_requests.busy == 0,
			       time_in(90 * TIME_S)) == 0);
	CHECK(disk_requests.errors == 0);
	disk_requests.errors = 0;
}

#endif
