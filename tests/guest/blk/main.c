/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: reads and writes of all lengths and alignments, several at once, the errors at the edges,
 *       and, when told to, all that while the backend is restarted.
 * Why:  a disk that returns other bytes than were written is worse than none.
 * How:  each argument names a disk and what it must be like: NAME:SECTOR:SECTORS[:ro|:removable].
 *       Every 8 bytes of the disk's first megabytes become a function of their offset and a round,
 *       so that data in the wrong place shows. With "restart" the script outside restarts the
 *       backend meanwhile, and the test goes on until the disk has been connected twice.
 */
#include <errno.h>
#include <string.h>

#include "blkfront/blkfront.h"
#include "tests/guest/holdings.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"
#include "xenbus/wire.h"
#include "xenbus/xenbus.h"

#define AREA ((size_t)4 << 20)

static unsigned char *area;

static uint64_t pattern(uint64_t offset, uint64_t round)
{
	return (offset * 0x9e3779b97f4a7c15u) ^ (round * 0xff51afd7ed558ccdu);
}

static void fill(unsigned char *data, uint64_t offset, size_t len, uint64_t round)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)(pattern((offset + i) / 8, round) >> (offset + i) % 8 * 8);
}

static bool filled(const unsigned char *data, uint64_t offset, size_t len, uint64_t round)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] !=
		    (unsigned char)(pattern((offset + i) / 8, round) >> (offset + i) % 8 * 8))
			return false;
	return true;
}

static void test_whole(struct blkfront *bf, uint64_t base, size_t len)
{
	fill(area, base, len, 1);
	CHECK(blkfront_write(bf, base, area, len) == 0);
	memset(area, 0, len);
	uint64_t start_ns = time_monotonic_ns();
	CHECK(blkfront_read(bf, base, area, len) == 0);
	uint64_t end_ns = time_monotonic_ns();
	CHECK(filled(area, base, len, 1));
	say("%zu KiB read in %llu us\n", len / 1024,
	    (unsigned long long)((end_ns - start_ns) / 1000));
}

/* Lengths and offsets that are no multiple of anything, neighbours checked. */
static void test_odd(struct blkfront *bf, uint64_t base)
{
	static const struct {
		uint32_t offset, len;
	} piece[] = {{0, 1},	     {1, 1},	      {511, 2},	    {513, 510},
		     {4095, 2},	     {5, 4096},	      {4097, 8191}, {12345, 54321},
		     {45055, 45057}, {65535, 131073}, {300001, 700}};

	for (size_t i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		uint64_t at = base + piece[i].offset;
		size_t len = piece[i].len;

		fill(area, at, len, 2 + i);
		bool good = blkfront_write(bf, at, area, len) == 0;
		memset(area, 0, len + 2);
		good = good && blkfront_read(bf, at, area, len) == 0 &&
		       filled(area, at, len, 2 + i);
		/* What was not written is as it was. */
		fill(area, at, len, 1);
		good = good && blkfront_write(bf, at, area, len) == 0;
		CHECK(good);
	}
	CHECK(blkfront_read(bf, base, area, 512 * 1024) == 0);
	CHECK(filled(area, base, 512 * 1024, 1));
}

static struct waitq done_waitq = WAITQ_INIT;
static unsigned int done_count, done_errors;

static void on_done(struct blkfront_request *request, int status)
{
	(void)request;
	done_count++;
	done_errors += status != 0;
	waitq_wake_all(&done_waitq);
}

/* More at once than the ring and the pages take: the rest waits its turn. */
static void test_many(struct blkfront *bf, uint64_t base)
{
	enum { REQUESTS = 200, LEN = 4096 };
	static struct blkfront_request request[REQUESTS];
	struct blkfront_stats stats;

	done_count = done_errors = 0;
	memset(area, 0, REQUESTS * LEN);
	for (size_t i = 0; i < REQUESTS; i++) {
		size_t at = (i * 37 % REQUESTS) * LEN;

		request[i] = (struct blkfront_request){.op = BLKFRONT_READ,
						       .offset = base + at,
						       .data = area + at,
						       .len = LEN,
						       .done = on_done};
		CHECK(blkfront_submit(bf, &request[i]) == 0);
	}
	CHECK(waitq_wait_until(&done_waitq, done_count == REQUESTS, time_in(60 * TIME_S)) == 0);
	CHECK(done_errors == 0);
	CHECK(filled(area, base, REQUESTS * LEN, 1));
	blkfront_stats(bf, &stats);
	CHECK(stats.queued > 0);
}

static void test_edges(struct blkfront *bf, const struct blkfront_info *info)
{
	uint64_t size = info->sectors * info->sector_size;
	unsigned char byte[2];

	CHECK(blkfront_read(bf, size - 2, byte, 2) == 0);
	CHECK(blkfront_read(bf, size - 1, byte, 2) == -EINVAL);
	CHECK(blkfront_read(bf, size, byte, 1) == -EINVAL);
	CHECK(blkfront_read(bf, UINT64_MAX, byte, 2) == -EINVAL);
	CHECK(blkfront_read(bf, size, byte, 0) == 0);

	struct blkfront_request request = {.op = BLKFRONT_READ, .data = area, .done = on_done};
	CHECK(blkfront_submit(bf, &request) == -EINVAL);
	request.len = BLKFRONT_REQUEST_MAX + info->sector_size;
	CHECK(blkfront_submit(bf, &request) == -EINVAL);
	request.len = info->sector_size;
	request.offset = 1;
	CHECK(blkfront_submit(bf, &request) == -EINVAL);
	request.offset = size;
	CHECK(blkfront_submit(bf, &request) == -EINVAL);
	if (info->readonly)
		CHECK(blkfront_write(bf, 0, byte, 2) == -EROFS);
	else
		CHECK(blkfront_flush(bf) == (info->flush ? 0 : -EOPNOTSUPP));
}

/* Cuts the text at its first colon; what follows, or "" if there is none. */
static char *cut(char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		return text + strlen(text);
	*colon = '\0';
	return colon + 1;
}

static void test_disk(struct blkfront *bf, char *spec)
{
	struct blkfront_info info;
	struct blkfront_stats stats;
	uint64_t number;
	char *sectors = cut(spec), *mode = cut(sectors);

	blkfront_info(bf, &info);
	say("%s: %llu sectors of %u, %s, %s\n", info.name, (unsigned long long)info.sectors,
	    info.sector_size, info.readonly ? "read-only" : "writable",
	    info.flush ? "flush" : "no flush");
	CHECK(wire_number(spec, &number) && info.sector_size == number);
	CHECK(wire_number(sectors, &number) && info.sectors == number);
	CHECK(info.readonly == (strcmp(mode, "ro") == 0));
	CHECK(info.removable == (strcmp(mode, "removable") == 0));
	test_edges(bf, &info);
	if (!info.readonly) {
		uint64_t size = info.sectors * info.sector_size;

		test_whole(bf, 0, AREA);
		test_odd(bf, 0);
		test_many(bf, 0);
		/* Beyond 2 TiB on a disk that has it. */
		test_whole(bf, size - AREA, AREA);
		CHECK(blkfront_read(bf, 0, area, AREA) == 0);
		CHECK(size < 2 * AREA || filled(area, 0, AREA, 1));
	}
	blkfront_stats(bf, &stats);
	say("%s: %llu reads, %llu writes, %llu events, %llu notifications\n", info.name,
	    (unsigned long long)stats.reads, (unsigned long long)stats.writes,
	    (unsigned long long)stats.events, (unsigned long long)stats.notifies);
	CHECK(stats.violations == 0);
}

static void test_restart(struct blkfront *bf)
{
	uint64_t deadline_ns = time_in(60 * TIME_S);
	struct blkfront_stats stats;
	unsigned int round = 0, wrong = 0;

	say("restart the backend now\n");
	do {
		fill(area, 0, AREA, ++round);
		wrong += blkfront_write(bf, 0, area, AREA) != 0;
		memset(area, 0, AREA);
		wrong += blkfront_read(bf, 0, area, AREA) != 0 || !filled(area, 0, AREA, round);
		blkfront_stats(bf, &stats);
		thread_yield();
	} while (stats.connections < 2 && time_monotonic_ns() < deadline_ns);
	say("%u rounds, %u wrong, %llu connections, %llu requests retried\n", round, wrong,
	    (unsigned long long)stats.connections, (unsigned long long)stats.retried);
	CHECK(wrong == 0);
	CHECK(stats.connections >= 2);
}

/*
 * The grant table, and the pages that data is copied through, do not shrink again. The disks that are
 * named NAME:…; an HVM guest has a CD as well.
 */
static void warm_up(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char name[16] = "";
		const char *colon = strchr(argv[i], ':');

		if (colon == NULL)
			continue;
		if (colon - argv[i] < (ptrdiff_t)sizeof(name))
			memcpy(name, argv[i], (size_t)(colon - argv[i]));
		struct blkfront *bf = blkfront_open_name(name);
		if (CHECK(bf != NULL))
			CHECK(blkfront_read(bf, 0, area + 1, AREA) == 0);
	}
}

int main(int argc, char **argv)
{
	uint64_t start_ns = time_monotonic_ns();

	area = pages_alloc(AREA / PAGE_SIZE + 1);
	if (area == NULL)
		return verdict_error("blk", "no memory");
	if (xenbus_devices_ready(time_in(60 * TIME_S)) != 0)
		return verdict_error("blk", "the disks do not connect");

	struct xenbus_stats xenbus;
	xenbus_stats(&xenbus);
	say("connected after %llu us, %llu xenstore requests, %llu notifications\n",
	    (unsigned long long)(time_monotonic_ns() - start_ns) / 1000,
	    (unsigned long long)xenbus.requests, (unsigned long long)xenbus.notifies);

	unsigned int disks = 0;
	warm_up(argc, argv);
	struct holdings before = holdings();
	for (int i = 1; i < argc; i++) {
		char *spec = cut(argv[i]);

		if (*spec == '\0')
			continue;
		struct blkfront *bf = blkfront_open_name(argv[i]);
		disks++;
		if (CHECK(bf != NULL))
			test_disk(bf, spec);
	}
	if (blkfront_open_name("hdc") != NULL) /* the CD that an HVM guest comes from */
		disks++;
	CHECK(blkfront_open(disks) == NULL);
	CHECK(disks == 0 || blkfront_open(disks - 1) != NULL);
	if (disks > 0 && strcmp(argv[argc - 1], "restart") == 0)
		test_restart(blkfront_open_name(argv[1]));
	struct holdings after = holdings();
	holdings_compare(&before, &after);
	return verdict("blk");
}
