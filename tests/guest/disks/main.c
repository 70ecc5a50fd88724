/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: every feature of the block protocol, used and not used, against the real blkback: requests of
 *       all shapes with known bytes, flushes, discards, and what is refused.
 * Why:  a feature that is negotiated but not used, or the other way round, loses data for some.
 * How:  a disk for each setting, all in one guest: the options are numbered. Each argument names a disk
 *       and what is to be in use on it: NAME:LETTERS,pages=N… What the driver counts is said on the console;
 *       a script in dom0 (disks.dom0) compares it with what blkback has counted, and with what is in
 *       xenstore.
 */
#include <errno.h>

#include "tests/guest/disk_data.h"
#include "tests/guest/holdings.h"
#include "unikernel/core/timer.h"
#include "xenbus/device.h"
#include "xenbus/wire.h"
#include "xenbus/xenbus.h"

#define AREA	 ((size_t)2 << 20) /* of each disk, that is written to */
#define STRIPE	 ((size_t)64 << 10)
#define STRIPES	 (AREA / STRIPE)
#define ROUNDS	 12
#define PIECES	 4
#define PATIENCE (90 * TIME_S)

static struct {
	struct blkfront *bf;
	struct blkfront_info info;
	const char *words;
} disk;

static unsigned char *model, *data; /* of AREA bytes, and a page for data that begins anywhere */

/* --- what is to be in use ---------------------------------------------------------------- */

/* One letter for each feature, the first of its name; r: it is read-only. */
static bool has(char letter)
{
	for (const char *at = disk.words; *at != '\0' && *at != ','; at++)
		if (*at == letter)
			return true;
	return false;
}

/* ",NAME=NUMBER" behind the letters. */
static unsigned int number(const char *name, unsigned int usual)
{
	const char *at = disk.words;
	unsigned int value = 0;

	while ((at = strchr(at, ',')) != NULL && strncmp(++at, name, strlen(name)) != 0)
		;
	if (at == NULL)
		return usual;
	for (at += strlen(name) + 1; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (unsigned int)(*at - '0');
	return value;
}

static void check_features(void)
{
	const struct blkfront_info *info = &disk.info;
	const struct blkfront_features *features = &info->features;

	CHECK(features->flush == has('f'));
	CHECK(features->barrier == has('b'));
	CHECK(features->discard == has('d'));
	CHECK(features->indirect == has('i'));
	CHECK(features->persistent == has('p'));
	CHECK(features->lend == has('l'));
	CHECK(features->multipage == (number("pages", 1) > 1));
	CHECK(features->ring_pages == number("pages", 1));
	CHECK(features->queues == number("queues", 1));
	CHECK(features->segments == (has('i') ? 256 : 11));
	CHECK(info->flush == (has('f') || has('b')));
	CHECK(info->fua == info->flush);
	CHECK(info->discard == (has('d') && !has('r')));
	CHECK(features->discard_secure == has('s'));
	CHECK(info->discard_secure == has('s'));
	CHECK(info->readonly == has('r'));
	CHECK(!info->removable);
	CHECK(info->sector_size == number("sector", 512));
	CHECK(info->physical_sector_size >= info->sector_size);
	CHECK(info->sectors == (4 << 20) / info->sector_size);
}

/* --- data -------------------------------------------------------------------------------- */

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/* Cuts a request into up to PIECES parts of whole sectors, which lie one behind the other. */
static void scatter(struct blkfront_request *request, struct blkfront_piece piece[PIECES])
{
	const size_t sector = disk.info.sector_size;
	size_t at = 0;

	while (request->pieces < PIECES - 1 && request->len - at > sector) {
		size_t len = sector * (1 + below((uint32_t)((request->len - at) / sector - 1)));

		piece[request->pieces++] =
			(struct blkfront_piece){.data = (char *)request->data + at, .len = len};
		at += len;
	}
	piece[request->pieces++] = (struct blkfront_piece){.data = (char *)request->data + at,
							   .len = request->len - at};
	request->piece = piece;
	request->data = NULL;
}

/* Where in memory the data of a stripe is, aligned in one of several ways. */
static unsigned char *stripe_data(size_t stripe)
{
	static const size_t shift[] = {0, 512, 0, 77, 2048, 8};

	return data + stripe * STRIPE + shift[stripe % 6];
}

/* One request in each stripe, a read or a write of some of it. */
static void check_round(unsigned int round)
{
	static struct blkfront_request request[STRIPES];
	static struct blkfront_piece piece[STRIPES][PIECES];
	const size_t sector = disk.info.sector_size;

	for (size_t i = 0; i < STRIPES; i++) {
		uint32_t from = below((uint32_t)(STRIPE / sector / 2)), most, sectors;
		const bool write = below(2) == 0;
		size_t at;

		most = (uint32_t)(STRIPE / sector / 2 - 4096 / sector);
		sectors = 1 + below(most);
		at = i * STRIPE + from * sector;
		request[i] = (struct blkfront_request){.op = write ? BLKFRONT_WRITE : BLKFRONT_READ,
						       .offset = at,
						       .data = stripe_data(i),
						       .len = sectors * sector};
		if (write) {
			disk_fill(model + at, at, request[i].len, round);
			memcpy(request[i].data, model + at, request[i].len);
			request[i].fua = disk.info.fua && below(8) == 0;
		}
		if (below(2) == 0)
			scatter(&request[i], piece[i]);
	}
	for (size_t i = 0; i < STRIPES; i++)
		disk_submit(disk.bf, &request[i]);
	disk_wait();
	for (size_t i = 0; i < STRIPES; i++)
		CHECK(memcmp(stripe_data(i), model + request[i].offset, request[i].len) == 0);
}

static void check_all(const unsigned char *where)
{
	memset(data, 0xcc, AREA + PAGE_SIZE);
	CHECK(blkfront_read(disk.bf, 0, data + (where - data), AREA) == 0);
	CHECK(memcmp(where, model, AREA) == 0);
}

static void check_data(void)
{
	disk_fill(model, 0, AREA, 1);
	memcpy(data, model, AREA);
	CHECK(blkfront_write(disk.bf, 0, data, AREA) == 0);
	check_all(data);
	check_all(data + 512);
	check_all(data + 100);
	for (unsigned int round = 0; round < ROUNDS; round++)
		check_round(2 + round);
	check_all(data);
}

/* What touches goes in fewer requests than were made, all of it at once. */
static void check_merge(void)
{
	enum { REQUESTS = 256, LEN = 4096 };
	static struct blkfront_request request[REQUESTS];
	struct blkfront_stats before, after;

	memset(data, 0xcc, REQUESTS * LEN);
	blkfront_stats(disk.bf, &before);
	for (size_t i = 0; i < REQUESTS; i++) {
		request[i] = (struct blkfront_request){
			.op = BLKFRONT_READ, .offset = i * LEN, .data = data + i * LEN, .len = LEN};
		disk_submit(disk.bf, &request[i]);
	}
	disk_wait();
	CHECK(memcmp(data, model, REQUESTS * LEN) == 0);
	blkfront_stats(disk.bf, &after);
	CHECK(after.reads - before.reads <= (has('i') ? 12 : 40));
	CHECK(after.reads - before.reads + after.merged - before.merged -
		      (after.split - before.split) ==
	      REQUESTS);
}

/* --- what has no data -------------------------------------------------------------------- */

/* Many writes with FUA at once need few flushes. */
static void check_flushes_shared(void)
{
	enum { REQUESTS = 32 };
	static struct blkfront_request request[REQUESTS];
	struct blkfront_stats before, after;

	memcpy(data, model, AREA);
	blkfront_stats(disk.bf, &before);
	for (size_t i = 0; i < REQUESTS; i++) {
		request[i] = (struct blkfront_request){.op = BLKFRONT_WRITE,
						       .fua = true,
						       .offset = i * STRIPE,
						       .data = data + i * STRIPE,
						       .len = 4096};
		disk_submit(disk.bf, &request[i]);
	}
	disk_wait();
	blkfront_stats(disk.bf, &after);
	say("%s: %u writes with FUA, %llu flushes\n", disk.info.name, REQUESTS,
	    (unsigned long long)(after.flushes - before.flushes));
	CHECK(after.flushes - before.flushes <= REQUESTS / 2);
}

static void check_flush(void)
{
	struct blkfront_request write = {
		.op = BLKFRONT_WRITE, .fua = true, .data = data, .len = 4096};
	struct blkfront_stats before, after;

	memcpy(data, model, 4096);
	blkfront_stats(disk.bf, &before);
	if (!disk.info.flush) {
		CHECK(blkfront_flush(disk.bf) == -EOPNOTSUPP);
		CHECK(blkfront_submit(disk.bf, &write) ==
		      (disk.info.readonly ? -EROFS : -EOPNOTSUPP));
		return;
	}
	CHECK(blkfront_flush(disk.bf) == 0);
	disk_submit(disk.bf, &write);
	disk_wait();
	blkfront_stats(disk.bf, &after);
	CHECK(after.flushes - before.flushes == 2);
	CHECK(after.writes - before.writes == 1);
	check_flushes_shared();
}

/* secure.dom0 knows the range. */
static void check_discard_secure(void)
{
	const uint64_t from = 512 << 10, to = 768 << 10;

	if (!disk.info.discard_secure) {
		CHECK(blkfront_discard(disk.bf, from, to - from, true) == -EOPNOTSUPP);
		return;
	}
	CHECK(blkfront_discard(disk.bf, from, to - from, true) == 0);
	memset(model + from, 0, to - from);
	check_all(data);
	/* Of what is not whole granules something would be left. */
	if (disk.info.discard_granularity > disk.info.sector_size)
		CHECK(blkfront_discard(disk.bf, from + disk.info.sector_size,
				       disk.info.discard_granularity, true) == -EINVAL);
}

static void check_discard(void)
{
	const uint64_t granule = disk.info.discard_granularity, from = 64 << 10, to = 256 << 10;

	if (!disk.info.discard) {
		CHECK(blkfront_discard(disk.bf, from, to - from, false) ==
		      (disk.info.readonly ? -EROFS : -EOPNOTSUPP));
		return;
	}
	CHECK(granule >= disk.info.sector_size && granule <= 65536);
	CHECK(blkfront_discard(disk.bf, from, to - from, false) == 0);
	memset(model + from, 0, to - from);
	check_all(data);
	/* Nothing of what is not a whole granule. */
	if (granule > disk.info.sector_size) {
		CHECK(blkfront_discard(disk.bf, disk.info.sector_size, granule, false) == 0);
		check_all(data);
	}
	check_discard_secure();
	CHECK(blkfront_discard(disk.bf, 4 << 20, granule, false) == -EINVAL);
}

static void check_readonly(void)
{
	struct blkfront_request write = {.op = BLKFRONT_WRITE, .data = data, .len = 4096};

	CHECK(blkfront_submit(disk.bf, &write) == -EROFS);
	CHECK(blkfront_write(disk.bf, 0, data, 5) == -EROFS);
	memset(model, 0, AREA);
	check_all(data);
	check_all(data + 100);
}

/* --- what was counted -------------------------------------------------------------------- */

static void check_counts(void)
{
	struct blkfront_stats stats;

	blkfront_stats(disk.bf, &stats);
	CHECK(stats.violations == 0 && stats.errors == 0 && stats.connections == 1);
	CHECK((stats.lent > 0) == has('l'));
	CHECK(stats.bounced > 0);
	CHECK(stats.persistent == (has('p') ? stats.bounced : 0));
	CHECK((stats.indirect > 0) == has('i'));
	CHECK(stats.split > 0);
	CHECK((stats.discards > 0) == disk.info.discard);
	say("counted %s reads %llu writes %llu flushes %llu discards %llu\n", disk.info.name,
	    (unsigned long long)stats.reads, (unsigned long long)stats.writes,
	    (unsigned long long)stats.flushes, (unsigned long long)stats.discards);
	say("%s: %llu events, %llu notifications, %llu merged, %llu lent, %llu bounced\n",
	    disk.info.name, (unsigned long long)stats.events, (unsigned long long)stats.notifies,
	    (unsigned long long)stats.merged, (unsigned long long)stats.lent,
	    (unsigned long long)stats.bounced);
}

static void check_disk(const char *name, const char *words)
{
	disk.words = words;
	disk.bf = blkfront_open_name(name);
	if (!CHECK(disk.bf != NULL))
		return;
	blkfront_info(disk.bf, &disk.info);
	check_features();
	if (has('r')) {
		check_readonly();
	} else {
		check_data();
		check_merge();
	}
	check_flush();
	check_discard();
	if (failures > 0)
		say("that was %s: %s\n", name, words);
	check_counts();
}

/* The script takes its time. */
static void wait_for_inspection(void)
{
	uint64_t deadline_ns = time_in(PATIENCE);
	uint64_t value;

	say("inspect them now\n");
	while (xenbus_read_u64(XENBUS_NO_TX, "data", "inspected", &value) != 0 &&
	       time_monotonic_ns() < deadline_ns)
		thread_sleep_until(time_in(50 * TIME_MS));
}

int main(int argc, char **argv)
{
	model = pages_alloc(AREA / PAGE_SIZE);
	data = pages_alloc(AREA / PAGE_SIZE + 1);
	if (model == NULL || data == NULL)
		return verdict_error("disks", "no memory");
	if (xenbus_devices_ready(time_in(PATIENCE)) != 0)
		return verdict_error("disks", "they do not connect");
	for (int i = 1; i < argc; i++) {
		char *colon = strchr(argv[i], ':');

		if (colon == NULL)
			continue;
		*colon = '\0';
		check_disk(argv[i], colon + 1);
	}
	wait_for_inspection();
	return verdict("disks");
}
