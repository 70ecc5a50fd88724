/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: blkfront under a hostile blkback.
 * Why:  blkback is another domain's program, and the ring is memory that it writes at any time.
 * How:  each input is a list of what it does: responses with any content, leaps of the index, bytes
 *       written anywhere into the ring page, states and properties in the store; and between them
 *       the guest submits requests. Then it behaves: every request must be done, once, and data
 *       must be read and written rightly (fuzz.h).
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "blkfront/blkfront.h"
#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define XVDA  51712u
#define UNITS 2048u

static struct fake_blkback *bb;
static struct blkfront *bf;
static struct held before;

static struct {
	struct blkfront_request request;
	uint8_t data[BLKFRONT_REQUEST_MAX];
	bool busy;
} slots[40];

static void done(struct blkfront_request *request, int status)
{
	bool *busy = request->context;

	(void)status;
	if (!*busy)
		fake_violation("a request is done twice");
	*busy = false;
}

static void submit(struct fuzz_input *input)
{
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		const uint8_t what = fuzz_u8(input);

		if (slots[i].busy)
			continue;
		slots[i].request = (struct blkfront_request){
			.op = what % 3,
			.offset = fuzz_u16(input) % UNITS * 512,
			.data = slots[i].data,
			.len = what % 3 == BLKFRONT_FLUSH ? 0 : (1 + what / 3u) * 512,
			.done = done,
			.context = &slots[i].busy,
		};
		slots[i].busy = true;
		if (blkfront_submit(bf, &slots[i].request) != 0)
			slots[i].busy = false;
		return;
	}
}

static void assert_data_flow(void)
{
	static uint8_t wrote[5000], read[5000];

	for (size_t i = 0; i < sizeof(wrote); i++)
		wrote[i]++;
	if (blkfront_write(bf, 777, wrote, sizeof(wrote)) != 0 ||
	    blkfront_read(bf, 777, read, sizeof(read)) != 0 ||
	    memcmp(wrote, read, sizeof(read)) != 0 ||
	    memcmp(wrote, bb->disk + 777, sizeof(wrote)) != 0)
		fake_violation("data do not flow");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	bb = fake_blkback_start(XVDA, UNITS, 512, false, true);
	fake_kernel_start("lodger.log=error");
	fake_kernel_init();
	(void)xenbus_devices_ready(time_in(5 * TIME_S));
	bf = blkfront_open(0);
	assert_data_flow();
	before = held_now();
	return 0;
}

static void scribble(struct fuzz_input *input)
{
	const size_t at = fuzz_u16(input) % FAKE_PAGE_SIZE;
	const size_t len = fuzz_u8(input) % 16;

	/* From here on the requests in the ring may be its own doing: it looks at none. */
	bb->stopped = true;
	if (bb->sring)
		fuzz_take(input, (uint8_t *)bb->sring + at,
			  len < FAKE_PAGE_SIZE - at ? len : FAKE_PAGE_SIZE - at);
}

static void respond(struct fuzz_input *input)
{
	struct blkif_response response = {.id = fuzz_u64(input),
					  .operation = fuzz_u8(input) % 4,
					  .status = (int16_t)(fuzz_u8(input) % 4 - 2)};

	if (!bb->sring)
		return;
	/* One that was asked for, as often as not. */
	if (bb->held_count && response.id % 2) {
		response.id = bb->held[response.id / 2 % bb->held_count].id;
		response.operation = bb->held[0].operation;
	}
	fake_blkback_respond(bb, response);
}

static void lie(struct fuzz_input *input)
{
	static const char *const nodes[] = {"sectors", "sector-size", "info", "feature-flush-cache",
					    "state"};
	char path[96] = "/local/domain/0/backend/vbd/7/51712/";

	strcat(path, nodes[fuzz_u8(input) % 5]);
	if (fuzz_u8(input) % 4)
		fake_store_write(path, "%llu",
				 (unsigned long long)fuzz_u64(input) >> fuzz_u8(input) % 64);
	else
		fake_store_remove(path);
}

static void act(struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 10) {
	case 0:
	case 1:
	case 2:
		respond(input);
		break;
	case 3:
		if (bb->sring)
			bb->sring->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	case 4:
		scribble(input);
		break;
	case 5:
		fake_store_write("/local/domain/0/backend/vbd/7/51712/state", "%u",
				 fuzz_u8(input) % 10);
		break;
	case 6:
		lie(input);
		break;
	case 7:
		submit(input);
		break;
	case 8:
		fake_kernel_run(TIME_US << fuzz_u8(input) % 24);
		break;
	default:
		fake_channel_notify(bb->channel);
		fake_kernel_run(TIME_US);
	}
}

static void recover(void)
{
	bb->backend.deaf = false;
	bb->stopped = bb->hold = false;
	bb->held_count = 0;
	fake_store_write("/local/domain/0/backend/vbd/7/51712/online", "1");
	fake_backend_restart(&bb->backend);
	for (int i = 0; i < 100 && !fake_backend_connected(&bb->backend); i++)
		fake_kernel_run(TIME_S);
	fake_kernel_run(10 * TIME_S);
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (slots[i].busy)
			fake_violation("a request is never done");
	fake_console_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	const uint8_t how = fuzz_u8(&input);

	bb->backend.deaf = how & 1;
	bb->hold = true;
	bb->stopped = how & 2;
	for (int acts = 0; fuzz_more(&input) && acts < 200; acts++)
		act(&input);
	recover();
	assert_data_flow();
	assert_held(before);
	return 0;
}
