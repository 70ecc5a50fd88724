/* SPDX-License-Identifier: BSD-2-Clause */
/* See disk.h. */
#include "tests/unit/ext4/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blkfront/blkfront.h"

#define RING_MOST 4096u

/* A sector as it was before a write that is not yet on stable storage. */
struct undo {
	uint64_t sector;
	uint8_t *data;
};

static struct blkfront {
	uint8_t *image; /* as who reads sees it */
	uint64_t bytes;
	unsigned int sector_size;
	uint32_t seed;
	bool readonly;
	uint64_t fail_at;
	struct blkfront_request *ring[RING_MOST];
	unsigned int in_flight;
	struct disk_counts counts;

	bool remembers, cut;
	uint64_t cut_after;
	struct undo *undo; /* in the order of the writes: a sector may be there several times */
	size_t undos, undo_room;
} disk;

static uint32_t random_next(void)
{
	disk.seed = disk.seed * 1664525u + 1013904223u;
	return disk.seed >> 16;
}

void disk_settle(void)
{
	for (size_t i = 0; i < disk.undos; i++)
		free(disk.undo[i].data);
	free(disk.undo);
	disk.undo = NULL;
	disk.undos = disk.undo_room = 0;
}

struct blkfront *disk_open(uint8_t *image, size_t bytes, unsigned int sector_size, uint32_t seed)
{
	disk_settle();
	disk = (struct blkfront){
		.image = image,
		.bytes = bytes / sector_size * sector_size,
		.sector_size = sector_size,
		.seed = seed | 1,
		.fail_at = UINT64_MAX,
	};
	return &disk;
}

void disk_set_readonly(void)
{
	disk.readonly = true;
}

void disk_fail_at(uint64_t offset)
{
	disk.fail_at = offset;
}

struct disk_counts disk_counts(void)
{
	return disk.counts;
}

/* --- the power -------------------------------------------------------------------------------- */

void disk_cut_after(uint64_t requests)
{
	disk.remembers = true;
	disk.cut_after = requests;
}

bool disk_is_cut(void)
{
	return disk.cut;
}

static void remember(uint64_t sector)
{
	if (disk.undos == disk.undo_room) {
		disk.undo_room = disk.undo_room ? disk.undo_room * 2 : 1024;
		disk.undo = realloc(disk.undo, disk.undo_room * sizeof(*disk.undo));
	}
	uint8_t *data = malloc(disk.sector_size);
	memcpy(data, disk.image + sector * disk.sector_size, disk.sector_size);
	disk.undo[disk.undos++] = (struct undo){sector, data};
}

/* What was written to this sector is stable: older contents cannot come back. */
static void settle_sector(uint64_t sector)
{
	size_t kept = 0;
	for (size_t i = 0; i < disk.undos; i++) {
		if (disk.undo[i].sector == sector)
			free(disk.undo[i].data);
		else
			disk.undo[kept++] = disk.undo[i];
	}
	disk.undos = kept;
}

/*
 * Backwards, each write of a sector is taken back or kept.  A write that is kept ends the matter for
 * its sector, as far as it was the last of those that came through: older ones are under it.
 */
void disk_restore(void)
{
	uint8_t *decided = calloc(1, disk.bytes / disk.sector_size);
	/* Sometimes all is lost, sometimes nothing; else this share of 256. */
	const uint32_t how = random_next() % 8;
	const uint32_t share = how == 0 ? 0 : how == 1 ? 256 : random_next() % 257;
	for (size_t i = disk.undos; i-- > 0;) {
		struct undo *undo = &disk.undo[i];
		if (decided[undo->sector])
			continue;
		if (random_next() % 256 < share)
			decided[undo->sector] = 1;
		else
			memcpy(disk.image + undo->sector * disk.sector_size, undo->data,
			       disk.sector_size);
	}
	free(decided);
	disk_settle();
	disk.cut = false;
	disk.remembers = false;
}

/* Counts a write or a flush: false once the power is gone. */
static bool powered(void)
{
	if (!disk.remembers || disk.cut)
		return !disk.cut;
	if (disk.cut_after-- > 0)
		return true;
	/* What is under way reaches the disk, for disk_restore() to decide. */
	for (unsigned int i = 0; i < disk.in_flight; i++) {
		struct blkfront_request *r = disk.ring[i];
		const uint8_t *from = r->data;
		if (r->op != BLKFRONT_WRITE)
			continue;
		for (size_t at = 0, piece = 0, in = 0; at < r->len; at += disk.sector_size) {
			const uint64_t sector = (r->offset + at) / disk.sector_size;
			if (r->pieces > 0) {
				if (in == r->piece[piece].len)
					piece++, in = 0;
				from = (const uint8_t *)r->piece[piece].data + in - at;
				in += disk.sector_size;
			}
			remember(sector);
			memcpy(disk.image + sector * disk.sector_size, from + at, disk.sector_size);
		}
	}
	disk.cut = true;
	return false;
}

/* --- requests --------------------------------------------------------------------------------- */

static int check(const struct blkfront *bf, uint64_t offset, size_t len)
{
	return offset > bf->bytes || len > bf->bytes - offset ? -EINVAL : 0;
}

static int fails(uint64_t offset, size_t len)
{
	return disk.cut || (disk.fail_at >= offset && disk.fail_at - offset < len) ? -EIO : 0;
}

static void write_out(uint64_t offset, const void *data, size_t len, bool fua)
{
	const uint64_t end = offset + len;
	for (uint64_t s = offset / disk.sector_size; disk.remembers && s * disk.sector_size < end;
	     s++)
		remember(s);
	memcpy(disk.image + offset, data, len);
	for (uint64_t s = offset / disk.sector_size;
	     fua && disk.undos && s * disk.sector_size < end; s++)
		settle_sector(s);
}

static int transfer(struct blkfront_request *r)
{
	if (r->op == BLKFRONT_FLUSH) {
		disk.counts.flushes++;
		if (!powered())
			return -EIO;
		/* Only what is done is flushed; what is in flight is not in the undos yet. */
		disk_settle();
		return 0;
	}
	if (r->op == BLKFRONT_WRITE && !powered())
		return -EIO;
	if (fails(r->offset, r->len))
		return -EIO;
	struct blkfront_piece whole = {r->data, r->len};
	const struct blkfront_piece *piece = r->pieces ? r->piece : &whole;
	uint64_t offset = r->offset;
	for (unsigned int i = 0; i < (r->pieces ? r->pieces : 1); i++) {
		if (r->op == BLKFRONT_READ)
			memcpy(piece[i].data, disk.image + offset, piece[i].len);
		else
			write_out(offset, piece[i].data, piece[i].len, r->fua);
		offset += piece[i].len;
	}
	if (r->op == BLKFRONT_WRITE) {
		disk.counts.writes++;
		disk.counts.written_bytes += r->len;
	}
	return 0;
}

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info)
{
	*info = (struct blkfront_info){
		.name = "xvda",
		.sector_size = bf->sector_size,
		.sectors = bf->bytes / bf->sector_size,
		.readonly = bf->readonly,
		.flush = true,
		.fua = true,
		.connected = true,
	};
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "disk: a request that blkfront would refuse: %s\n", what);
	abort();
}

int blkfront_submit(struct blkfront *bf, struct blkfront_request *request)
{
	size_t sum = 0;
	for (unsigned int i = 0; i < request->pieces; i++) {
		must(request->piece[i].len && request->piece[i].len % bf->sector_size == 0,
		     "an odd piece");
		sum += request->piece[i].len;
	}
	must(!request->pieces || sum == request->len, "pieces that do not sum up");
	must(request->op != BLKFRONT_DISCARD, "a discard");
	must(request->op != BLKFRONT_WRITE || !bf->readonly, "a write to a read-only disk");
	if (request->op != BLKFRONT_FLUSH) {
		must(request->len > 0 && request->len <= BLKFRONT_REQUEST_MAX, "its length");
		must(request->offset % bf->sector_size == 0 && request->len % bf->sector_size == 0,
		     "its alignment");
		must(check(bf, request->offset, request->len) == 0, "beyond the end");
	}
	must(bf->in_flight < RING_MOST, "thousands of them");
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
	struct blkfront_request **slot = &disk.ring[random_next() % disk.in_flight];
	struct blkfront_request *request = *slot;
	int status = transfer(request);
	*slot = disk.ring[--disk.in_flight];
	request->done(request, status);
	return true;
}

int blkfront_read(struct blkfront *bf, uint64_t offset, void *data, size_t len)
{
	int error = check(bf, offset, len);
	bf->counts.requests++;
	if (!error)
		error = fails(offset, len);
	if (!error)
		memcpy(data, bf->image + offset, len);
	return error;
}

int blkfront_write(struct blkfront *bf, uint64_t offset, const void *data, size_t len)
{
	struct blkfront_request request = {.op = BLKFRONT_WRITE,
					   .offset = offset,
					   .data = (void *)(uintptr_t)data,
					   .len = len};
	must(!bf->readonly, "a write to a read-only disk");
	bf->counts.requests++;
	return check(bf, offset, len) ? -EINVAL : transfer(&request);
}

int blkfront_flush(struct blkfront *bf)
{
	struct blkfront_request request = {.op = BLKFRONT_FLUSH};
	bf->counts.requests++;
	return transfer(&request);
}
