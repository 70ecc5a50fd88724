/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: what is on the disk after the power failed, and what a program reads while it does not.
 * Why:  "done" must mean done: what a flush or a write with fua has acknowledged is on the platter,
 *       whatever the back end, its cache and its restarts do.
 * How:  a program with many requests under way at once, in an order drawn from a seed, which never
 *       touches a sector twice at a time. Each sector holds the number of the write that it came
 *       from, so that it can be told what may be there: nothing older than what was acknowledged,
 *       nothing that was never written. At random moments the back end restarts, or the power is cut.
 */
#include "tests/unit/unit.h"

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"

#define SECTORS 2048u
#define LONGEST 160u /* sectors in one request */
#define DEPTH	24u

static struct fake_blkuser user[1];
static struct fake_blkback *bb;

/* Of each sector, numbers of writes: the last submitted, acknowledged, and known to be on the platter. */
static uint32_t last[SECTORS], done[SECTORS], stable[SECTORS];
static bool busy[SECTORS];
static uint32_t number;

/* What is under way. */
static struct job {
	struct blkuser_request *request; /* NULL: nothing */
	uint32_t sector, sectors, number;
	uint32_t was[SECTORS]; /* a flush: what was done when it was submitted */
} job[DEPTH];
static _Alignas(4096) uint8_t buffer[DEPTH][(LONGEST + 16) * 512];
static unsigned long checked, flushed;
static bool lost; /* what was written, in a cut: reads that were under way see it */

static void sector_fill(uint8_t *sector, uint32_t with)
{
	for (uint32_t i = 0; i < 512 / 4; i++)
		memcpy(sector + 4 * i, &(uint32_t){with ^ i << 24}, 4);
}

/* The write that a sector came from, all of it. */
static uint32_t sector_number(const uint8_t *sector, uint32_t which)
{
	uint8_t whole[512];
	uint32_t from;

	memcpy(&from, sector, 4);
	sector_fill(whole, from);
	if (memcmp(whole, sector, 512) != 0)
		fail_msg("sector %u is of two writes", which);
	return from;
}

static void request_done(struct blkuser_request *request)
{
	struct job *mine = NULL;

	for (unsigned i = 0; i < DEPTH; i++)
		if (job[i].request == request)
			mine = &job[i];
	if (!mine)
		return; /* of a blocking call in between */
	assert_int_equal(request->status, 0);
	mine->request = NULL;
	for (uint32_t i = 0; i < mine->sectors; i++) {
		const uint32_t at = mine->sector + i;

		busy[at] = false;
		if (request->request.op == BLKFRONT_READ && lost)
			continue;
		if (request->request.op == BLKFRONT_READ) {
			assert_int_equal(
				sector_number((uint8_t *)request->request.data + i * 512, at),
				done[at]);
			checked++;
			continue;
		}
		done[at] = mine->number;
		if (request->request.fua)
			stable[at] = mine->number;
	}
	for (uint32_t at = 0; request->request.op == BLKFRONT_FLUSH && at < SECTORS; at++)
		if (mine->was[at] > stable[at])
			stable[at] = mine->was[at];
	flushed += request->request.op == BLKFRONT_FLUSH;
}

static bool range_free(uint32_t sector, uint32_t sectors)
{
	for (uint32_t i = 0; i < sectors; i++)
		if (busy[sector + i])
			return false;
	return true;
}

static void submit(struct job *mine, uint8_t *data)
{
	const uint32_t what = unit_random() % 16;
	struct blkuser_request *request = blkuser_request(user);

	mine->sectors = unit_random() % 4 ? 1 + unit_random() % 16 : 1 + unit_random() % LONGEST;
	mine->sector = unit_random() % (SECTORS - mine->sectors);
	/* Often beside another, so that they are merged. */
	if (unit_random() % 2 && job[0].request && job[0].sector + job[0].sectors + 200 < SECTORS)
		mine->sector = job[0].sector + job[0].sectors;
	if (!range_free(mine->sector, mine->sectors))
		return;
	data += unit_random() % 3 ? unit_random() % 8 * 512 : unit_random() % 4096;
	if (what == 0) {
		memcpy(mine->was, done, sizeof(done));
		mine->sectors = 0;
		request->request.op = BLKFRONT_FLUSH;
	} else {
		request->request.op = what < 5 ? BLKFRONT_READ : BLKFRONT_WRITE;
		request->request.fua = what > 13;
		request->request.offset = mine->sector * 512u;
		request->request.len = mine->sectors * 512u;
		request->request.data = data;
		mine->number = what < 5 ? 0 : ++number;
	}
	for (uint32_t i = 0; i < mine->sectors; i++) {
		busy[mine->sector + i] = true;
		if (request->request.op == BLKFRONT_WRITE)
			last[mine->sector + i] = mine->number;
		sector_fill(data + i * 512, mine->number);
	}
	mine->request = request;
	assert_int_equal(blkuser_submit(request), 0);
}

static void work(unsigned rounds)
{
	while (rounds-- > 0) {
		const unsigned which = unit_random() % DEPTH;

		if (!job[which].request)
			submit(&job[which], buffer[which]);
		if (unit_random() % 4 == 0)
			fake_kernel_run(unit_random() % 100 * TIME_US);
	}
}

static void manners_draw(void)
{
	bb->order = unit_random() % 3;
	bb->batch = unit_random() % 4;
	bb->delay_ns = unit_random() % 3 * 30 * TIME_US;
	bb->hold = false;
}

static void boot(const char *command_line, bool barrier)
{
	user->bb = bb = fake_blkback_make(BLKUSER_NUMBER(0));
	bb->offer.flush = !barrier;
	blkuser_boot(user, 1, command_line);
	for (uint32_t at = 0; at < SECTORS; at++)
		sector_fill(bb->disk + at * 512, 0);
	platter_settle(bb->platter);
	user->on_done = request_done;
}

/* What is on the disk can be what it should. */
static void assert_disk(void)
{
	for (uint32_t at = 0; at < SECTORS; at++) {
		const uint32_t from = sector_number(bb->disk + at * 512, at);

		if (from < stable[at] || from > last[at])
			fail_msg("sector %u is of write %u, acknowledged was %u, written %u", at,
				 from, stable[at], last[at]);
	}
}

static void what_is_read_is_what_was_written(void **state)
{
	boot(*state, false);
	for (int round = 0; round < 300; round++) {
		manners_draw();
		work(60);
		if (round % 10 == 9)
			fake_backend_restart(&bb->backend);
	}
	bb->delay_ns = 0;
	blkuser_wait(user);
	for (uint32_t at = 0; at < SECTORS; at++)
		assert_int_equal(sector_number(bb->disk + at * 512, at), last[at]);
	assert_true(checked > 1000);
	assert_int_equal(user->errors, 0);
	assert_int_equal(blkuser_stats(user).violations, 0);
}

static void cut(uint32_t seed)
{
	/* It is on the platter that one must look, before anything is written again. */
	fake_blkback_cut(bb, seed);
	assert_disk();
	/* A program that has lost its power would begin anew; this one only knows what it reads. */
	bb->delay_ns = 0;
	lost = true;
	blkuser_wait(user);
	lost = false;
	assert_disk_reconnects(user);
	for (uint32_t at = 0; at < SECTORS; at++) {
		sector_fill(bb->disk + at * 512, 0);
		last[at] = done[at] = stable[at] = 0;
	}
	platter_settle(bb->platter);
}

static void cuts(const char *command_line, bool barrier)
{
	boot(command_line, barrier);
	for (uint32_t seed = 0; seed < 150; seed++) {
		for (unsigned rounds = unit_random() % 6; rounds > 0; rounds--) {
			manners_draw();
			work(40);
			if (unit_random() % 8 == 0)
				fake_backend_restart(&bb->backend);
		}
		cut(seed);
	}
	assert_true(flushed > 200);
	assert_int_equal(user->errors, 0);
}

static void what_was_acknowledged_survives(void **state)
{
	cuts(*state, false);
	assert_int_equal(bb->barriers, 0);
}

static void what_was_acknowledged_survives_with_barriers(void **state)
{
	cuts(*state, true);
	assert_int_equal(bb->flushes, 0);
}

/* The test of the test: a back end that does not flush is found out. */
static int16_t no_flush(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	if (fake_blk_flushes(owed))
		self->owed[owed - self->owed].mark = 0;
	return BLKIF_RSP_OKAY;
}

static void a_flush_that_is_none_would_be_noticed(void **state)
{
	bool noticed = false;

	boot(*state, false);
	bb->judge = no_flush;
	for (uint32_t seed = 0; seed < 50 && !noticed; seed++) {
		work(200);
		fake_blkback_cut(bb, seed);
		lost = true;
		for (uint32_t at = 0; at < SECTORS; at++)
			noticed |= sector_number(bb->disk + at * 512, at) < stable[at];
		blkuser_wait(user);
	}
	assert_true(noticed);
}

static const struct CMUnitTest tests[] = {
	BLKUSER_TESTS(what_is_read_is_what_was_written),
	BLKUSER_TESTS(what_was_acknowledged_survives),
	BLKUSER_TESTS(what_was_acknowledged_survives_with_barriers),
	BLKUSER_TEST(a_flush_that_is_none_would_be_noticed, LENT),
};

UNIT_MAIN(tests)
