/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: a disk that grows and shrinks while it is used; whose back end is restarted with writes of all
 *       kinds in flight; and a second one that is plugged in, used and lost, many times.
 * Why:  what was acknowledged is on the disk, what was not is written once more and in order, and
 *       who unplugs a disk leaves nothing behind.
 * How:  a script in dom0 (disks.dom0) does what this guest says on its console.
 */
#include <errno.h>

#include "tests/guest/disk_data.h"
#include "tests/guest/holdings.h"
#include "xenbus/device.h"

#define PATIENCE (90 * TIME_S)
#define MIB	 ((uint64_t)1 << 20)

static unsigned char *data; /* of SLOTS × SLOT bytes */

/* --- growing and shrinking --------------------------------------------------------------- */

static uint64_t resized_to;

static void on_resized(void *context, uint64_t sectors)
{
	(void)context;
	resized_to = sectors;
}

/* blkback looks when it is asked for something. */
static void check_size(struct blkfront *bf, const char *what, uint64_t bytes)
{
	const struct blkfront_client client = {.resized = on_resized};
	uint64_t deadline_ns = time_in(PATIENCE);
	struct blkfront_stats before, after;
	struct blkfront_info info;

	resized_to = 0;
	blkfront_set_client(bf, &client);
	blkfront_stats(bf, &before);
	say("%s\n", what);
	while (resized_to == 0 && time_monotonic_ns() < deadline_ns) {
		CHECK(blkfront_read(bf, 0, data, 512) == 0);
		thread_sleep_until(time_in(20 * TIME_MS));
	}
	blkfront_set_client(bf, NULL);
	blkfront_stats(bf, &after);
	blkfront_info(bf, &info);
	CHECK(resized_to == bytes / 512 && info.sectors == bytes / 512);
	CHECK(after.resized - before.resized == 1 && after.connections == before.connections);
	disk_fill(data, bytes - 65536, 65536, 1);
	CHECK(blkfront_write(bf, bytes - 65536, data, 65536) == 0);
	memset(data, 0, 65536);
	CHECK(blkfront_read(bf, bytes - 65536, data, 65536) == 0);
	CHECK(disk_filled(data, bytes - 65536, 65536, 1));
	CHECK(blkfront_read(bf, bytes - 1, data, 2) == -EINVAL);
}

/* --- writes in flight -------------------------------------------------------------------- */

#define SLOTS 48
#define SLOT  ((size_t)128 << 10)

/*
 * Each slot of the disk is written again and again, by one request at a time of another length and
 * alignment each, the end of the round in its bytes. One in eight is with FUA, and in one of the
 * slots it is a flush.
 */
static struct writer {
	struct blkfront_request request;
	size_t slot, len;
	uint64_t round;
	unsigned char *data;
} writers[SLOTS];

static struct blkfront *written;
static bool stopping;

static void writer_done(struct blkfront_request *request, int status);

static void writer_submit(struct writer *writer)
{
	static const size_t len[] = {512, 4096, 3584, 65536, 8192, 131072 - 4096, 1024, 12288};
	const uint64_t offset = writer->slot * SLOT;

	writer->round++;
	writer->len = len[(writer->slot + writer->round) % 8];
	writer->data = data + writer->slot * SLOT +
		       (writer->round % 3 == 0	 ? 0
			: writer->round % 3 == 1 ? 512
						 : 40);
	disk_fill(writer->data, offset, writer->len, writer->round);
	writer->request = (struct blkfront_request){
		.op = writer->slot == 7 ? BLKFRONT_FLUSH : BLKFRONT_WRITE,
		.fua = writer->slot != 7 && (writer->slot + writer->round) % 8 == 0,
		.offset = offset,
		.data = writer->data,
		.len = writer->len,
		.done = writer_done,
		.context = writer};
	disk_requests.busy++;
	if (!CHECK(blkfront_submit(written, &writer->request) == 0))
		disk_requests.busy--;
}

static void writer_done(struct blkfront_request *request, int status)
{
	disk_done(request, status);
	if (!stopping && status == 0)
		writer_submit(request->context);
}

/* The disk has what was written last, over whatever was longer before. */
static bool writer_check(struct writer *writer)
{
	unsigned char *got = data + writer->slot * SLOT;

	if (writer->slot == 7)
		return true;
	memset(got, 0, writer->len);
	return blkfront_read(written, writer->slot * SLOT, got, writer->len) == 0 &&
	       disk_filled(got, writer->slot * SLOT, writer->len, writer->round);
}

static void check_restart(struct blkfront *bf, uint64_t connections)
{
	uint64_t deadline_ns = time_in(PATIENCE), after_ns = TIME_FOREVER;
	struct blkfront_stats stats;
	unsigned int wrong = 0;

	written = bf;
	stopping = false;
	for (size_t i = 0; i < SLOTS; i++) {
		writers[i] = (struct writer){.slot = i};
		writer_submit(&writers[i]);
	}
	say("restart the backend now\n");
	do {
		thread_sleep_until(time_in(10 * TIME_MS));
		blkfront_stats(bf, &stats);
		/* And on for a while. */
		if (stats.connections == connections && after_ns == TIME_FOREVER)
			after_ns = time_in(200 * TIME_MS);
	} while (time_monotonic_ns() < after_ns && time_monotonic_ns() < deadline_ns);
	stopping = true;
	disk_wait();
	for (size_t i = 0; i < SLOTS; i++)
		wrong += !writer_check(&writers[i]);
	say("%u requests done, %u slots wrong, %llu connections, %llu requests retried\n",
	    disk_requests.done, wrong, (unsigned long long)stats.connections,
	    (unsigned long long)stats.retried);
	CHECK(wrong == 0);
	CHECK(stats.connections == connections);
	CHECK(stats.retried > 0);
	CHECK(stats.violations == 0);
}

/* --- coming and going -------------------------------------------------------------------- */

static struct {
	struct waitq changed;
	bool removed;
	struct blkfront *arrived;
} second;

static void on_arrived(struct blkfront *bf)
{
	second.arrived = bf;
	waitq_wake_all(&second.changed);
}

static void on_removed(void *context)
{
	(void)context;
	second.removed = true;
	waitq_wake_all(&second.changed);
}

static void check_plug(unsigned int round)
{
	static struct blkfront_request request[SLOTS];
	const struct blkfront_client client = {.removed = on_removed};
	const bool rip = round % 3 == 2;
	struct blkfront *bf;

	second.removed = false;
	second.arrived = NULL;
	say("plug it in, round %u\n", round);
	if (!CHECK(waitq_wait_until(&second.changed, second.arrived != NULL, time_in(PATIENCE)) ==
		   0))
		return;
	bf = blkfront_open_name("xvdb");
	if (!CHECK(bf != NULL && bf == second.arrived))
		return;
	blkfront_set_client(bf, &client);
	disk_fill(data, 0, MIB, round);
	CHECK(blkfront_write(bf, 0, data, MIB) == 0);
	memset(data, 0, MIB);
	CHECK(blkfront_read(bf, 0, data, MIB) == 0);
	CHECK(disk_filled(data, 0, MIB, round));

	say(rip ? "rip it out, round %u\n" : "take it away, round %u\n", round);
	/* Requests all the time, until they fail. */
	do {
		for (size_t i = 0; i < SLOTS; i++) {
			request[i] = (struct blkfront_request){.op = BLKFRONT_READ,
							       .offset = i * 8192,
							       .data = data + i * 8192,
							       .len = 4096,
							       .done = disk_done};
			disk_requests.busy += blkfront_submit(bf, &request[i]) == 0;
		}
		if (!CHECK(waitq_wait_until(&disk_requests.ended, disk_requests.busy == 0,
					    time_in(PATIENCE)) == 0))
			return;
	} while (!second.removed && disk_requests.errors == 0);
	CHECK(waitq_wait_until(&second.changed, second.removed, time_in(PATIENCE)) == 0);
	CHECK(disk_requests.errors == 0 || disk_requests.status == -EIO);
	disk_requests.errors = 0;
	CHECK(blkfront_read(bf, 0, data, 4096) == -EIO);
	CHECK(blkfront_open_name("xvdb") == NULL);
	blkfront_close(bf);
}

/* The grant table, and the pages that data is copied through, do not shrink again. */
static void warm_up(struct blkfront *bf)
{
	for (int i = 0; i < 4; i++)
		CHECK(blkfront_read(bf, 0, data + 1, SLOTS * SLOT) == 0);
}

/* A back end that was ripped out lets go of what it had mapped within a moment. */
static struct holdings settled(const struct holdings *before)
{
	uint64_t deadline_ns = time_in(PATIENCE);
	struct holdings now = holdings();

	while ((before != NULL ? memcmp(&now, before, sizeof(now)) != 0 : now.parked > 0) &&
	       time_monotonic_ns() < deadline_ns) {
		thread_sleep_until(time_in(50 * TIME_MS));
		now = holdings();
	}
	return now;
}

int main(void)
{
	struct holdings before = {0}, after;
	struct blkfront *bf;

	data = pages_alloc(SLOTS * SLOT / PAGE_SIZE + 1);
	if (data == NULL)
		return verdict_error("diskplug", "no memory");
	if (xenbus_devices_ready(time_in(PATIENCE)) != 0)
		return verdict_error("diskplug", "the disk does not connect");
	bf = blkfront_open(0);
	if (bf == NULL)
		return verdict_error("diskplug", "there is no disk");
	blkfront_arrived_hook = on_arrived;
	check_size(bf, "make it larger now", 16 * MIB);
	check_size(bf, "make it smaller now", 8 * MIB);
	check_restart(bf, 2);
	for (unsigned int round = 0; round < 5 && failures == 0; round++) {
		check_plug(round);
		warm_up(bf);
		after = settled(round > 0 ? &before : NULL);
		/* The first time, the heap and the grant table get what they keep. */
		if (round > 0)
			holdings_compare(&before, &after);
		else
			before = after;
	}
	say("that is all\n");
	return verdict("diskplug");
}
