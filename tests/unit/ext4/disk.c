/* SPDX-License-Identifier: BSD-2-Clause */
/* See disk.h. */
#include "tests/unit/ext4/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blkfront/blkfront.h"

#define RING 32u

static struct blkfront {
	const uint8_t *image;
	uint64_t bytes;
	unsigned int sector_size;
	uint32_t seed;
	uint64_t fail_at;
	struct blkfront_request *ring[RING];
	unsigned int in_flight;
	struct disk_counts counts;
} disk;

struct blkfront *disk_open(const uint8_t *image, size_t bytes, unsigned int sector_size,
			   uint32_t seed)
{
	disk = (struct blkfront){
		.image = image,
		.bytes = bytes / sector_size * sector_size,
		.sector_size = sector_size,
		.seed = seed | 1,
		.fail_at = UINT64_MAX,
	};
	return &disk;
}

void disk_fail_at(uint64_t offset)
{
	disk.fail_at = offset;
}

struct disk_counts disk_counts(void)
{
	return disk.counts;
}

static int check(const struct blkfront *bf, uint64_t offset, size_t len)
{
	return offset > bf->bytes || len > bf->bytes - offset ? -EINVAL : 0;
}

static int transfer(struct blkfront *bf, uint64_t offset, void *data, size_t len)
{
	if (bf->fail_at >= offset && bf->fail_at - offset < len)
		return -EIO;
	memcpy(data, bf->image + offset, len);
	return 0;
}

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info)
{
	*info = (struct blkfront_info){
		.name = "xvda",
		.sector_size = bf->sector_size,
		.sectors = bf->bytes / bf->sector_size,
		.connected = true,
	};
}

int blkfront_submit(struct blkfront *bf, struct blkfront_request *request)
{
	if (request->op != BLKFRONT_READ || request->len == 0 ||
	    request->len > BLKFRONT_REQUEST_MAX || request->offset % bf->sector_size ||
	    request->len % bf->sector_size || check(bf, request->offset, request->len)) {
		fprintf(stderr, "disk: a request that blkfront would refuse\n");
		abort();
	}
	if (bf->in_flight == RING)
		return -EAGAIN;
	bf->ring[bf->in_flight++] = request;
	bf->counts.requests++;
	if (bf->in_flight > bf->counts.in_flight_most)
		bf->counts.in_flight_most = bf->in_flight;
	return 0;
}

bool disk_finish_one(void)
{
	if (disk.in_flight == 0)
		return false;
	disk.seed = disk.seed * 1664525u + 1013904223u;
	struct blkfront_request **slot = &disk.ring[(disk.seed >> 16) % disk.in_flight];
	struct blkfront_request *request = *slot;
	*slot = disk.ring[--disk.in_flight];
	request->done(request, transfer(&disk, request->offset, request->data, request->len));
	return true;
}

int blkfront_read(struct blkfront *bf, uint64_t offset, void *data, size_t len)
{
	int error = check(bf, offset, len);
	bf->counts.requests++;
	return error ? error : transfer(bf, offset, data, len);
}
