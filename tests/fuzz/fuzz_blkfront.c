/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront, with every feature in use, under a hostile blkback.
 * Why:  blkback is another domain's program, and the rings are memory that it writes at any time.
 * How:  each input is a list of what it does on two rings of two pages: responses with any content, leaps
 *       of the indexes, bytes written anywhere into the rings and into pages that it was shown, pages
 *       kept mapped, other offers, lies in the store, states, events; and between them what the guest
 *       does: requests of all kinds, in pieces, at any place in memory, and memory that runs out. As long
 *       as nothing was written that should not be, blkback may also do its work. Then it behaves: every
 *       request must be done, once, data must be read and written rightly, and what was submitted on
 *       top of each other must have left whole sectors (fuzz.h).
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/fake/blkuser.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"

#define QUEUES	2u
#define MAPPED	16u
#define BUSY	48u
#define LONGEST (96u << 10)

static struct fake_blkuser user[1];
static struct fake_blkback *bb;
static struct fake_blk_offer offer;
static struct held before;
static _Alignas(4096) uint8_t buffer[BUSY][LONGEST + 4096];

static struct {
	grant_ref_t ref;
	uint8_t *page;
	bool readonly;
} mapped[MAPPED]; /* by the input */
static unsigned mapped_count;

/* What is written over what the back end writes when it connects. */
static struct {
	unsigned node;
	uint64_t value;
	bool gone;
} lies[4];
static unsigned lie_count;
static bool unplugged;

/* The table grows to what it ever will be, which keeps pages. */
static void grants_make(void)
{
	static grant_ref_t refs[FAKE_GRANTS];
	size_t count = 0;
	void *page = page_alloc();

	while (gnttab_grant(FAKE_DOM0, page, true, &refs[count]) == 0)
		count++;
	while (count > 0)
		(void)gnttab_end(refs[--count]);
	page_free(page);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* Little memory and few grants: there are limits to run into. */
	fake_console_start();
	fake_store_start();
	fake_kernel_pages(512, 900);
	fake_gnttab_frames_max = 4;
	user->bb = bb = fake_blkback_make(BLKUSER_NUMBER(0));
	/* Pages are lent, unless an input offers to keep them. */
	bb->offer.persistent = false;
	offer = bb->offer;
	blkuser_boot(user, 1, "lodger.log=error lodger.blk-queues=2 lodger.blk-ring-pages=2");
	grants_make();
	before = blkuser_settle(user);
	return 0;
}

/* --- what the back end does --- */

static bool connected(void)
{
	return bb->queue[0].sring && bb->queue[bb->wish.queues - 1].sring;
}

static unsigned queue_of(struct fuzz_input *input)
{
	return fuzz_u8(input) % bb->wish.queues;
}

static void scribble(struct fuzz_input *input, uint8_t *at, size_t size)
{
	const size_t offset = fuzz_u16(input) % size;
	const size_t len = fuzz_u8(input) % 24;

	fuzz_take(input, at + offset, len < size - offset ? len : size - offset);
}

/* An answer to what was asked, as often as not, and with anything changed in it. */
static void respond(struct fuzz_input *input)
{
	const uint8_t how = fuzz_u8(input);
	unsigned queue = queue_of(input);
	struct blkif_response response;

	fuzz_take(input, &response, sizeof(response));
	if (how & 1 && bb->owed_count > 0) {
		const struct fake_blk_owed *owed = &bb->owed[response.id % bb->owed_count];

		queue = how & 2 ? queue : owed->queue;
		response.id = owed->id + (how & 4 ? 1u << (how >> 5) : 0);
		response.operation = how & 8 ? response.operation % 8 : owed->does;
		response.status = (int16_t)(how & 16 ? response.status : 0);
	}
	if (queue < bb->wish.queues)
		fake_blkback_respond(bb, queue, response);
}

static void page_map(struct fuzz_input *input)
{
	const bool readonly = fuzz_u8(input) & 1;
	const struct fake_blk_owed *owed;
	const struct fake_blk_segment *segment;
	int status;

	if (mapped_count == MAPPED || bb->owed_count == 0)
		return;
	owed = &bb->owed[fuzz_u8(input) % bb->owed_count];
	if (owed->segments == 0)
		return;
	segment = &owed->segment[fuzz_u8(input) % owed->segments];
	mapped[mapped_count].ref = segment->ref;
	mapped[mapped_count].readonly = readonly;
	mapped[mapped_count].page = fake_gnttab_map(FAKE_DOM0, segment->ref, readonly, &status);
	mapped_count += mapped[mapped_count].page != NULL;
}

/* Writes what it should not, or cannot mean, if there are rings to write to. */
static void attack(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input) % 8;
	const unsigned any = mapped_count > 0 ? fuzz_u8(input) % mapped_count : 0;

	if (what == 7 && mapped_count > 0 && !mapped[any].readonly) {
		/* Its right as long as it has the page. */
		bb->lied = true;
		scribble(input, mapped[any].page, FAKE_PAGE_SIZE);
		return;
	}
	if (!connected())
		return;
	bb->lied = true;
	switch (what) {
	case 0:
		bb->queue[queue_of(input)].sring->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	case 1:
	case 2:
		scribble(input, (uint8_t *)bb->queue[queue_of(input)].sring,
			 (size_t)FAKE_PAGE_SIZE << bb->wish.order);
		break;
	default:
		respond(input);
	}
}

/* Does its work for a moment, in one way or another. */
static void behave(struct fuzz_input *input)
{
	const uint8_t how = fuzz_u8(input), more = fuzz_u8(input);

	if (!connected() || bb->lied || bb->backend.deaf || !fake_backend_connected(&bb->backend))
		return;
	bb->stopped = false;
	bb->hold = how & 1;
	bb->keep = how & 2;
	bb->order = how >> 2 & 1 ? FAKE_ANY_ORDER : FAKE_OLDEST_FIRST;
	bb->seed = more;
	bb->literal = how & 8;
	bb->batch = how >> 4 & 3;
	bb->lazy = how & 64 ? more % 8 : 0;
	bb->status = (int16_t)(how & 128 ? more % 8 - 4 : 0);
	fake_kernel_run(TIME_US << more % 12);
	bb->stopped = true;
}

/* Offers something else, and comes back with it. */
static void offer_change(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input), much = fuzz_u8(input);

	bb->offer.flush = what & 1;
	bb->offer.barrier = what & 2;
	bb->offer.discard = what & 4;
	bb->offer.persistent = what & 8;
	bb->offer.indirect = what & 16 ? 2u * much : 256;
	bb->offer.ring_order = what & 32 ? much % 5 : 1;
	bb->offer.queues = what & 64 ? much % 4 : 2;
	bb->offer.sector_size = what & 128 ? 4096 : 512;
	fake_blkback_offer(bb);
	fake_backend_restart(&bb->backend);
}

static const char *const nodes[] = {
	"sectors",
	"sector-size",
	"physical-sector-size",
	"info",
	"feature-flush-cache",
	"feature-barrier",
	"feature-discard",
	"discard-granularity",
	"discard-alignment",
	"discard-secure",
	"feature-persistent",
	"feature-max-indirect-segments",
	"max-ring-page-order",
	"multi-queue-max-queues",
};

static void lie_write(unsigned which)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", bb->backend.back, nodes[lies[which].node]);
	if (lies[which].gone)
		fake_store_remove(path);
	else
		fake_store_write(path, "%llu", (unsigned long long)lies[which].value);
}

/* From now on it takes no requests: they may be such as only the lies allow. */
static void lies_tell(struct fake_blkback *self)
{
	self->lied = self->stopped = true;
	for (unsigned i = 0; i < lie_count; i++)
		lie_write(i);
}

static void lie(struct fuzz_input *input)
{
	const uint8_t how = fuzz_u8(input);
	const unsigned which = lie_count < 4 ? lie_count++ : how % 4u;

	lies[which].node = fuzz_u8(input) % (sizeof(nodes) / sizeof(nodes[0]));
	lies[which].gone = how & 1;
	lies[which].value = fuzz_u64(input) >> (how >> 1 & 63);
	bb->lied = bb->backend.lenient = true;
	bb->on_connect = lies_tell;
	lie_write(which);
	if (how & 128)
		fake_backend_restart(&bb->backend);
	else /* as when its size has changed */
		fake_backend_state(&bb->backend, bb->backend.state);
}

static void store(struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 8) {
	case 0:
		bb->lied = unplugged = true;
		fake_backend_unplug(&bb->backend);
		break;
	case 1:
		bb->lied = true;
		fake_store_write("/local/domain/0/backend/vbd/7/51712/state", "%u",
				 fuzz_u8(input) % 10);
		break;
	case 2:
	case 3:
		fake_blkback_resize(bb, fuzz_u16(input) % 4096 / 8 * 8);
		break;
	case 4:
	case 5:
		offer_change(input);
		break;
	default:
		lie(input);
	}
}

/* --- what the guest does --- */

static void submit(struct fuzz_input *input)
{
	struct blkuser_request *request = blkuser_request(user);
	const size_t index = (size_t)(request - user->request);
	const uint8_t what = fuzz_u8(input), how = fuzz_u8(input);
	size_t len = (1u + (how & 64 ? fuzz_u8(input) : how % 16)) * 512u % (LONGEST + 1);
	uint8_t *data =
		buffer[index % BUSY] + (how & 128 ? fuzz_u16(input) % 4096 : what / 8 % 8 * 512);

	if (index >= BUSY)
		return;
	request->request.op = what % 8 < 3    ? BLKFRONT_READ
			      : what % 8 < 6  ? BLKFRONT_WRITE
			      : what % 8 == 6 ? BLKFRONT_FLUSH
					      : BLKFRONT_DISCARD;
	request->request.fua = what & 128;
	request->request.secure = how & 1;
	request->request.offset = fuzz_u16(input) % 2048 * 512ull;
	request->request.data = data;
	request->request.len = len;
	if (how & 32) {
		/* Pieces of it, in their order, and now and then one too many. */
		for (size_t at = 0; at < len && request->request.pieces < BLKUSER_PIECES;) {
			const size_t piece = (1u + fuzz_u8(input) % 24) * 512u;

			request->piece[request->request.pieces++] = (struct blkfront_piece){
				data + at, piece < len - at || how & 16 ? piece : len - at};
			at += piece;
		}
		request->request.piece = request->piece;
	}
	if (request->request.op == BLKFRONT_WRITE)
		memset(buffer[index], what, sizeof(buffer[index]));
	(void)blkuser_submit(request);
}

static void act(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input) % 16;

	if (unplugged) {
		if (what < 8)
			submit(input);
		else
			fake_kernel_run(TIME_US << what);
		return;
	}
	switch (what) {
	case 0:
	case 1:
	case 2:
		submit(input);
		break;
	case 3:
	case 4:
		behave(input);
		break;
	case 5:
		page_map(input);
		break;
	case 6:
		if (!bb->lied)
			fake_blkback_purge(bb);
		break;
	case 7:
		store(input);
		break;
	case 8:
		if (mapped_count > 0) {
			mapped_count--;
			fake_gnttab_unmap(mapped[mapped_count].ref, mapped[mapped_count].readonly);
		}
		break;
	case 9:
		fake_fail_allocation(1u + fuzz_u8(input) % 32);
		break;
	case 10:
	case 11:
		fake_kernel_run(TIME_US << fuzz_u8(input) % 22);
		break;
	default:
		attack(input);
		fake_blkback_notify(bb);
		fake_kernel_run(TIME_US);
	}
}

/* --- and then it behaves --- */

/* The disk that was taken away has gone, with its requests; another takes its place. */
static void plug(void)
{
	blkuser_wait(user);
	for (int i = 0; i < 60 && !user->removed; i++)
		fake_kernel_run(TIME_S);
	if (!user->removed || user->busy > 0)
		fake_violation("a disk that was taken away is there yet");
	user->removed = 0;
	blkfront_close(user->bf);
	fake_backend_plug(&bb->backend);
	fake_kernel_run(2 * TIME_S);
	blkuser_open(user, 0);
	unplugged = false;
}

static void recover(void)
{
	fake_fail_allocation(0);
	bb->backend.deaf = false;
	bb->stopped = bb->hold = bb->keep = bb->literal = false;
	bb->order = FAKE_OLDEST_FIRST;
	bb->batch = bb->lazy = 0;
	bb->status = BLKIF_RSP_OKAY;
	bb->on_connect = NULL;
	lie_count = 0;
	while (mapped_count > 0) {
		mapped_count--;
		fake_gnttab_unmap(mapped[mapped_count].ref, mapped[mapped_count].readonly);
	}
	fake_blkback_let_go(bb);
	bb->offer = offer;
	fake_blkback_offer(bb);
	if (unplugged)
		plug();
	fake_store_write("/local/domain/0/backend/vbd/7/51712/online", "1");
	/* What lies in the rings now is its own doing: it begins anew. */
	bb->lied = true;
	fake_backend_restart(&bb->backend);
	fake_kernel_run(2 * TIME_S);
	/* What the front end asks for may still be an answer to a lie, once. */
	bb->backend.lenient = false;
	assert_disk_reconnects(user);
	if (bb->wish.queues != QUEUES || bb->wish.order != 1)
		fake_violation("%u queues of order %u", bb->wish.queues, bb->wish.order);
	fake_console_clear();
	bb->seen_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};

	bb->stopped = true;
	/* Does it answer the front end's states, or only do what the input says? */
	bb->backend.deaf = fuzz_u8(&input) % 4 == 0;
	for (int acts = 0; fuzz_more(&input) && acts < 200; acts++)
		act(&input);
	recover();
	assert_same_held(before, blkuser_held(user));
	return 0;
}
