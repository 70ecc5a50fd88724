/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront under a hostile netback.
 * Why:  netback is another domain's program, and the rings are memory that it writes at any time.
 * How:  each input is a list of what it does: responses with any content, leaps of the indices,
 *       bytes written anywhere into the two ring pages, states, events, and between them what the
 *       guest does. Then it behaves, and frames must flow (fuzz.h).
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "netfront/netfront.h"
#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

static struct fake_netback *nb;
static struct netfront *nf;
static struct held before;
static uint64_t received, sum;

static void receive(void *context, const void *frame, size_t len)
{
	const uint8_t *bytes = frame;

	(void)context;
	if (len < 14 || len > 1518)
		fake_violation("a frame of %zu bytes", len);
	for (size_t i = 0; i < len; i++)
		sum += bytes[i]; /* ASan sees to it that there are so many */
	received++;
}

static const struct netfront_client client = {.receive = receive};

static void assert_frames_flow(void)
{
	static const uint8_t frame[60] = {1};
	const uint64_t frames = received, sent = nb->frames_sent;

	if (netfront_send(nf, frame, sizeof(frame)) != 0)
		fake_violation("a frame is not sent");
	fake_netback_deliver(nb, frame, sizeof(frame));
	fake_kernel_run(TIME_MS);
	if (received != frames + 1 || nb->frames_sent != sent + 1)
		fake_violation("frames do not flow");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	nb = fake_netback_start(0);
	fake_kernel_start("lodger.log=error");
	fake_kernel_init();
	(void)xenbus_devices_ready(time_in(5 * TIME_S));
	nf = netfront_open(0);
	netfront_set_client(nf, &client);
	fake_kernel_run(TIME_MS);
	assert_frames_flow();
	before = held_now();
	return 0;
}

static void scribble(struct fuzz_input *input, void *page)
{
	const size_t at = fuzz_u16(input) % FAKE_PAGE_SIZE;
	const size_t len = fuzz_u8(input) % 16;

	if (page)
		fuzz_take(input, (uint8_t *)page + at,
			  len < FAKE_PAGE_SIZE - at ? len : FAKE_PAGE_SIZE - at);
}

static void act(struct fuzz_input *input)
{
	static const uint8_t frame[1514];
	const bool there = nb->tx && nb->rx;

	switch (fuzz_u8(input) % 12) {
	case 0:
	case 1: {
		struct netif_rx_response response;

		fuzz_take(input, &response, sizeof(response));
		response.id %= 160; /* most of them exist */
		if (there)
			fake_netback_rx_respond(nb, response);
		break;
	}
	case 2:
	case 3: {
		struct netif_tx_response response;

		fuzz_take(input, &response, sizeof(response));
		response.id %= 160;
		if (there)
			fake_netback_tx_respond(nb, response);
		break;
	}
	case 4:
		if (there)
			nb->tx->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	case 5:
		if (there)
			nb->rx->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	case 6:
		scribble(input, nb->tx);
		break;
	case 7:
		scribble(input, nb->rx);
		break;
	case 8:
		fake_store_write("/local/domain/0/backend/vif/7/0/state", "%u",
				 fuzz_u8(input) % 10);
		break;
	case 9:
		for (unsigned count = fuzz_u8(input); count > 0; count--)
			(void)netfront_send(nf, frame, 14 + count);
		break;
	case 10:
		fake_kernel_run(TIME_US << fuzz_u8(input) % 24);
		break;
	default:
		fake_channel_notify(nb->channel);
		fake_kernel_run(TIME_US);
	}
}

static void recover(void)
{
	nb->backend.deaf = false;
	nb->stopped = false;
	nb->queue_head = nb->queue_tail;
	/* What lies in the rings now is its own doing: it begins anew. */
	fake_backend_restart(&nb->backend);
	for (int i = 0; i < 100 && !fake_backend_connected(&nb->backend); i++)
		fake_kernel_run(TIME_S);
	fake_kernel_run(TIME_S);
	fake_console_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};

	nb->stopped = true;
	/* Does it answer the front end's states, or only do what the input says? */
	nb->backend.deaf = fuzz_u8(&input) & 1;
	for (int acts = 0; fuzz_more(&input) && acts < 200; acts++)
		act(&input);
	recover();
	assert_frames_flow();
	assert_held(before);
	return 0;
}
