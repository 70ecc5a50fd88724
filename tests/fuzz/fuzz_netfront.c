/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: netfront, with every feature in use, under a hostile netback.
 * Why:  netback is another domain's program, and the rings are memory that it writes at any time.
 * How:  each input is a list of what it does on two queues: responses and extra information with any
 *       content, leaps of the indexes, bytes written anywhere into the ring pages, pages kept mapped,
 *       other offers, states, events; and between them what the guest does: frames in pieces and to
 *       be cut, pages lent and taken, groups joined. As long as nothing was written that should not
 *       be, netback may also do its work. Then it behaves, and frames must flow (fuzz.h).
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake/kernel.h"
#include "tests/unit/fake/netraw.h"
#include "unikernel/core/time.h"

#define QUEUES	2u
#define MAPPED	16u
#define GROUPS	4u
#define LENDERS 8u
#define LENT	3u /* pages of one of them */

static struct fake_netuser user[1];
static struct fake_netback *nb;
static struct fake_net_offer offer;
static struct held before;

/* Frames that are sent again and again. */
static struct fake_frame template[7];
/* Data that are lent, one frame's each: they never change, since nobody knows when they are out. */
static _Alignas(4096) uint8_t lent[LENDERS][LENT * 4096];

static grant_ref_t mapped[MAPPED]; /* by the input */
static unsigned mapped_count, joined[GROUPS];
static size_t loans; /* sends that will be told when they are over */

static void templates_make(void)
{
	for (size_t i = 0; i < sizeof(template) / sizeof(template[0]); i++) {
		struct fake_frame frame;

		switch (i) {
		case 0:
			frame = fake_frame_make(false, FAKE_UDP, 18, false);
			break;
		case 1:
			frame = fake_frame_make(true, FAKE_UDP, 1000, true);
			break;
		case 2:
			frame = fake_frame_make(false, FAKE_TCP, 1460, true);
			break;
		case 3:
			frame = fake_frame_to_cut(false, 3000);
			break;
		case 4:
			frame = fake_frame_to_cut(true, 9000);
			break;
		case 5:
			frame = fake_frame_to_cut(true, LENT * 4096 - 700);
			break;
		default:
			frame = fake_frame_to_cut(false, 65481);
		}
		template[i] = frame;
		template[i].bytes = memcpy(malloc(frame.len), frame.bytes, frame.len);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	templates_make();
	/* Little memory: few pages are posted, and there are limits to run into. */
	fake_console_start();
	fake_store_start();
	fake_kernel_pages(512, 640);
	netuser_boot(user, 1, "lodger.log=error lodger.net-on=split lodger.net-queues=2");
	nb = user->nb;
	offer = nb->offer;
	before = netuser_settle(user);
	return 0;
}

/* --- what the back end does --- */

static bool connected(void)
{
	return nb->queue[0].tx && nb->queue[0].rx && nb->queue[nb->wish.queues - 1].rx;
}

static unsigned queue_of(struct fuzz_input *input)
{
	return fuzz_u8(input) % nb->wish.queues;
}

static void scribble(struct fuzz_input *input, void *page)
{
	const size_t at = fuzz_u16(input) % FAKE_PAGE_SIZE;
	const size_t len = fuzz_u8(input) % 16;

	fuzz_take(input, (uint8_t *)page + at,
		  len < FAKE_PAGE_SIZE - at ? len : FAKE_PAGE_SIZE - at);
}

static void rx_response(struct fuzz_input *input, bool likely)
{
	const unsigned queue = queue_of(input);
	struct netif_rx_response response = netraw_rx_claim(nb, queue), any;
	unsigned wild;

	fuzz_take(input, &any, sizeof(any));
	wild = likely ? 0 : any.flags >> 8; /* which parts of it */
	response.flags = wild & 1 ? any.flags : any.flags & 0xf;
	response.status = wild & 2 ? any.status : (int16_t)(any.status & 0xfff);
	response.offset = any.offset & 1 ? any.offset & 0xff : 0;
	if (wild & 4)
		response.offset = any.offset & (wild & 8 ? UINT16_MAX : FAKE_PAGE_SIZE - 1);
	if (wild & 16)
		response.id = any.id % (FAKE_NET_SLOTS + 1);
	fake_netback_rx_respond(nb, queue, response);
}

static void rx_extra(struct fuzz_input *input)
{
	const unsigned queue = queue_of(input);
	struct netif_extra_info extra;

	fuzz_take(input, &extra, sizeof(extra));
	if (extra.type & 0x80) {
		extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra.u.gso.type = 1 + extra.u.gso.type % 2;
	}
	netraw_rx_extra(nb, queue, extra);
}

static void tx_response(struct fuzz_input *input)
{
	const unsigned queue = queue_of(input);
	struct netif_tx_response response;

	fuzz_take(input, &response, sizeof(response));
	/* Now and then one that is out, of which it names the id. */
	if (response.id & 0x8000 && netraw_waiting(nb, queue) - 1 < FAKE_NET_SLOTS) {
		response.id = netraw_tx_id(nb, queue, 0);
		nb->queue[queue].tx_ring.req_cons++;
		response.status %= 2;
	} else {
		response.id %= FAKE_NET_SLOTS + 1;
	}
	fake_netback_tx_respond(nb, queue, response);
}

/* Keeps a page mapped that a frame will be put into, or that one of the guest's is in. */
static void page_map(struct fuzz_input *input)
{
	struct fake_net_queue *queue = &nb->queue[queue_of(input)];
	const bool tx = fuzz_u8(input) & 1;
	grant_ref_t ref;
	int status;

	if (mapped_count == MAPPED)
		return;
	ref = tx ? RING_GET_REQUEST(&queue->tx_ring, queue->tx_ring.req_cons)->gref
		 : RING_GET_REQUEST(&queue->rx_ring, queue->rx_ring.req_cons)->gref;
	if (fake_gnttab_map(FAKE_DOM0, ref, true, &status))
		mapped[mapped_count++] = ref;
}

/* Writes what it should not, or cannot mean, if there are rings to write to. */
static void attack(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input) % 10;

	if (!connected())
		return;
	nb->lied = true;
	switch (what) {
	case 0:
	case 1:
		rx_response(input, true);
		break;
	case 2:
		rx_response(input, false);
		break;
	case 3:
	case 4:
		rx_extra(input);
		break;
	case 5:
	case 6:
		tx_response(input);
		break;
	case 7:
		nb->queue[queue_of(input)].tx->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	case 8:
		nb->queue[queue_of(input)].rx->rsp_prod += (uint32_t)(int8_t)fuzz_u8(input);
		break;
	default:
		if (fuzz_u8(input) & 1)
			scribble(input, nb->queue[queue_of(input)].tx);
		else
			scribble(input, nb->queue[queue_of(input)].rx);
	}
}

/* Does its work for a moment: takes what there is, and delivers a frame or more. */
static void behave(struct fuzz_input *input)
{
	const uint8_t how = fuzz_u8(input), frames = fuzz_u8(input);
	const struct fake_net_wish *wish = &nb->wish;

	if (!connected() || nb->lied || nb->backend.deaf || !fake_backend_connected(&nb->backend))
		return;
	nb->stopped = false;
	nb->hold = how & 1;
	nb->keep = how & 2;
	nb->tx_reversed = how & 4;
	nb->rx_reversed = how & 8;
	for (unsigned i = 0; i < frames % 8u; i++) {
		const struct fake_frame *frame = &template[(frames >> 3) % 7];
		const bool v6 = fake_frame_v6(frame);

		if ((frame->len > FAKE_PAGE_SIZE && !wish->sg) ||
		    (frame->gso_size && !(v6 ? wish->gso6 : wish->gso4)) ||
		    (frame->csum_blank && !(v6 ? wish->csum6 : wish->csum4)))
			continue;
		fake_netback_give(nb, i % wish->queues, frame);
	}
	fake_kernel_run(TIME_US);
	nb->stopped = true;
	fake_netback_forget(nb);
}

/* Offers something else, and comes back with it. */
static void offer_change(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input);

	nb->offer = (struct fake_net_offer){.sg = what & 1,
					    .csum4 = what & 2,
					    .csum6 = what & 4,
					    .gso4 = what & 8,
					    .gso6 = what & 16,
					    .split = what & 32,
					    .multicast = what & 64,
					    .dynamic_multicast = what & 64,
					    .queues = what >> 7,
					    .carrier = what & 3 ? 1 : 0};
	fake_netback_offer(nb);
	fake_backend_restart(&nb->backend);
}

/* --- what the guest does --- */

static void send(struct fuzz_input *input)
{
	const uint8_t which = fuzz_u8(input);
	struct fake_frame *frame = &template[which % 7];
	const unsigned times = (which >> 3) % 8 == 7 ? 60 : (which >> 3) % 8;

	frame->bytes[fake_frame_v6(frame) ? 55 : 35] = 0; /* one flow of each */
	for (unsigned i = 0; i <= times; i++)
		(void)netuser_send(user, frame);
}

static void lend(struct fuzz_input *input)
{
	const unsigned who = fuzz_u8(input) % LENDERS;
	const struct fake_frame *frame = &template[5];
	const size_t headers = fake_frame_headers(true, FAKE_TCP);
	const size_t from = who % 2 ? 0 : who * 80, data = frame->len - headers;
	const struct netfront_piece piece[] = {
		{.data = frame->bytes, .len = headers},
		{.data = lent[who] + from,
		 .len = data,
		 .slack = who & 4 ? -(from + data) & 4095 : 0,
		 .lend = true},
	};
	const struct netfront_packet packet = {.piece = piece,
					       .pieces = 2,
					       .len = frame->len,
					       .gso_type = frame->gso_type,
					       .gso_size = frame->gso_size,
					       .checksum_blank = true,
					       .owner = user};

	loans += netfront_send(user->nf, &packet) > 0;
}

static void group(struct fuzz_input *input)
{
	const uint8_t what = fuzz_u8(input), number = what % GROUPS;
	const uint8_t mac[6] = {1, 0, 0x5e, 0, 0, number};

	if (what & 0x80 && joined[number] < 3) {
		joined[number] += netfront_multicast(user->nf, mac, true) == 0;
	} else if (joined[number] > 0) {
		joined[number]--;
		(void)netfront_multicast(user->nf, mac, false);
	}
}

static void act(struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 16) {
	case 0:
		send(input);
		break;
	case 1:
		lend(input);
		break;
	case 2:
		user->take = fuzz_u8(input) & 1;
		if (!user->take)
			netuser_free(user);
		break;
	case 3:
		group(input);
		break;
	case 4:
	case 5:
		behave(input);
		break;
	case 6:
		if (connected())
			page_map(input);
		break;
	case 7:
		if (!nb->lied)
			fake_netback_release(nb);
		break;
	case 8:
		offer_change(input);
		break;
	case 9:
		fake_netback_carrier(nb, fuzz_u8(input) & 1);
		break;
	case 10:
		nb->lied = true;
		fake_store_write("/local/domain/0/backend/vif/7/0/state", "%u",
				 fuzz_u8(input) % 10);
		break;
	case 11:
		fake_kernel_run(TIME_US << fuzz_u8(input) % 22);
		break;
	default:
		attack(input);
		fake_netback_notify(nb);
		fake_kernel_run(TIME_US);
	}
}

/* --- and then it behaves --- */

static void recover(void)
{
	nb->backend.deaf = false;
	nb->stopped = nb->hold = nb->keep = nb->tx_reversed = nb->rx_reversed = false;
	fake_netback_forget(nb);
	user->take = false;
	netuser_free(user);
	for (unsigned i = 0; i < GROUPS; i++)
		for (; joined[i] > 0; joined[i]--)
			(void)netfront_multicast(user->nf,
						 (uint8_t[]){1, 0, 0x5e, 0, 0, (uint8_t)i}, false);
	while (mapped_count > 0)
		fake_gnttab_unmap(mapped[--mapped_count], true);
	fake_netback_let_go(nb);
	if (memcmp(&nb->offer, &offer, sizeof(offer)) != 0) {
		nb->offer = offer;
		fake_netback_offer(nb);
	}
	/* What lies in the rings now is its own doing: it begins anew. */
	fake_backend_restart(&nb->backend);
	fake_kernel_run(2 * TIME_S);
	assert_reconnects(user);
	if (nb->wish.queues != QUEUES)
		fake_violation("%u queues", nb->wish.queues);
	if (user->sent != loans)
		fake_violation("%zu loans, and %zu are over", loans, user->sent);
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
	assert_held(before);
	return 0;
}
