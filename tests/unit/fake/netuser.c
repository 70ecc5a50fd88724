/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/fake/netuser.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake/kernel.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "xenbus/device.h"

#define FLOW_AT 35u /* the port that a frame of UDP over IPv4 comes from */

static bool received(void *context, const struct netfront_received *frame)
{
	struct fake_netuser *user = context;
	uint8_t *bytes = fake_frame_room(&user->last, frame->len);
	size_t at = 0;

	if (frame->pieces == 0 || frame->pieces > NETFRONT_SLOTS_MAX || frame->len < 14 ||
	    frame->len > FAKE_FRAME_MAX + 1)
		fake_violation("a frame of %zu bytes in %u pieces", frame->len, frame->pieces);
	for (unsigned i = 0; i < frame->pieces; i++) {
		if (frame->piece[i].len > frame->len - at)
			fake_violation("the pieces of a frame are more than the whole");
		if (((uintptr_t)frame->piece[i].data & PAGE_MASK) + frame->piece[i].len > PAGE_SIZE)
			fake_violation("a piece of %zu bytes goes on beyond its page",
				       frame->piece[i].len);
		memcpy(bytes + at, frame->piece[i].data, frame->piece[i].len);
		at += frame->piece[i].len;
	}
	if (at != frame->len)
		fake_violation("the pieces of a frame are less than the whole");
	user->last = (struct fake_frame){.bytes = bytes,
					 .len = at,
					 .gso_type = frame->gso_type,
					 .gso_size = frame->gso_size};
	user->last_pieces = frame->pieces;
	user->last_good = frame->checksum_good;
	user->frames++;
	user->bytes += at;
	if (!user->take || !frame->lendable || user->taken_count + frame->pieces > FAKE_TAKEN)
		return false;
	for (unsigned i = 0; i < frame->pieces; i++) {
		/* Room for its own notes, and the headers are its to change. */
		memset(netfront_page_room(frame->piece[i].page), 0x5a, NETFRONT_PAGE_ROOM);
		if (user->scrawl && frame->piece[i].len >= sizeof(user->scrawled))
			memcpy((void *)(uintptr_t)frame->piece[i].data, user->scrawled,
			       sizeof(user->scrawled));
		user->taken[user->taken_count++] = frame->piece[i].page;
	}
	return true;
}

static void sent(void *context, void *owner)
{
	struct fake_netuser *user = context;

	user->sent++;
	user->last_owner = owner;
}

static void writable(void *context)
{
	struct fake_netuser *user = context;

	user->writable++;
	waitq_wake_all(&user->changed);
}

static void link_changed(void *context, bool up)
{
	struct fake_netuser *user = context;

	user->links_up += up;
	user->links_down += !up;
}

static void removed(void *context)
{
	((struct fake_netuser *)context)->removed++;
}

void netuser_open(struct fake_netuser *user, unsigned index)
{
	user->nf = netfront_open(index);
	if (!user->nf)
		fake_violation("there is no network device %u", index);
	user->client = (struct netfront_client){.receive = received,
						.sent = sent,
						.writable = writable,
						.link = link_changed,
						.removed = removed,
						.context = user};
	netfront_set_client(user->nf, &user->client);
}

void netuser_boot(struct fake_netuser *user, size_t count, const char *command_line)
{
	fake_console_start();
	fake_store_start();
	fake_store_allow("/local/domain/7/error");
	for (unsigned i = 0; i < count; i++) {
		if (!user[i].nb)
			user[i].nb = fake_netback_make(i);
		fake_netback_plug(user[i].nb);
	}
	fake_kernel_start(command_line);
	fake_kernel_init();
	if (xenbus_devices_ready(time_in(5 * TIME_S)) != 0)
		fake_violation("the devices do not connect");
	for (unsigned i = 0; i < count; i++)
		netuser_open(&user[i], i);
	fake_kernel_run(TIME_MS);
}

static int send_pieces(struct fake_netuser *user, const struct fake_frame *frame,
		       const struct netfront_piece *piece, unsigned pieces)
{
	const struct netfront_packet packet = {.piece = piece,
					       .pieces = pieces,
					       .len = frame->len,
					       .gso_type = frame->gso_type,
					       .gso_size = frame->gso_size,
					       .checksum_blank = frame->csum_blank,
					       .owner = user};

	return netfront_send(user->nf, &packet);
}

int netuser_send(struct fake_netuser *user, const struct fake_frame *frame)
{
	const struct netfront_piece piece = {.data = frame->bytes, .len = frame->len};

	return send_pieces(user, frame, &piece, 1);
}

int netuser_lend(struct fake_netuser *user, const struct fake_frame *frame, size_t headers,
		 uint8_t *page, size_t slack)
{
	const struct netfront_piece piece[] = {
		{.data = frame->bytes, .len = headers},
		{.data = page, .len = frame->len - headers, .slack = slack, .lend = true},
	};

	memcpy(page, frame->bytes + headers, frame->len - headers);
	return send_pieces(user, frame, piece, 2);
}

void netuser_free(struct fake_netuser *user)
{
	while (user->taken_count > 0)
		netfront_page_free(user->taken[--user->taken_count]);
}

struct netfront_stats netuser_stats(const struct fake_netuser *user)
{
	struct netfront_stats stats;

	netfront_stats(user->nf, &stats);
	return stats;
}

struct netfront_features netuser_features(const struct fake_netuser *user)
{
	struct netfront_info info;

	netfront_info(user->nf, &info);
	return info.features;
}

static void same(const char *way, const struct fake_frame *want, const struct fake_frame *have)
{
	if (want->len != have->len || memcmp(want->bytes, have->bytes, want->len) != 0)
		fake_violation("%s: a frame of %zu bytes became one of %zu, or others", way,
			       want->len, have->len);
	if (want->gso_type != have->gso_type || want->gso_size != have->gso_size)
		fake_violation("%s: to be cut by %u/%u, not %u/%u", way, want->gso_type,
			       want->gso_size, have->gso_type, have->gso_size);
}

void assert_frame_out(struct fake_netuser *user, const struct fake_frame *frame)
{
	const size_t before = user->nb->frames_sent;
	const int error = netuser_send(user, frame);

	if (error)
		fake_violation("a frame is not sent: %d", error);
	fake_kernel_run(TIME_MS);
	if (user->nb->frames_sent != before + 1)
		fake_violation("%zu frames went out", user->nb->frames_sent - before);
	same("out", frame, fake_netback_frame(user->nb, before));
	if (frame->csum_blank != fake_netback_frame(user->nb, before)->csum_blank)
		fake_violation("out: a checksum is blank that was not, or the other way");
}

void assert_frame_in(struct fake_netuser *user, unsigned queue, const struct fake_frame *frame)
{
	const size_t before = user->frames;

	fake_netback_give(user->nb, queue, frame);
	fake_kernel_run(TIME_MS);
	if (user->frames != before + 1)
		fake_violation("%zu frames came in", user->frames - before);
	same("in", frame, &user->last);
	if (user->last_good != (frame->csum_blank || frame->data_validated))
		fake_violation("in: a checksum is %s",
			       user->last_good ? "believed" : "not believed");
}

void assert_traffic(struct fake_netuser *user)
{
	struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 18, false);

	assert_frame_out(user, &frame);
	assert_frame_in(user, 0, &frame);
}

void assert_reconnects(struct fake_netuser *user)
{
	struct netfront_info info = {.link = false};

	for (int i = 0; i < 90 && !(info.link && fake_backend_connected(&user->nb->backend)); i++) {
		fake_kernel_run(TIME_S);
		netfront_info(user->nf, &info);
	}
	if (!info.link)
		fake_violation("it does not connect");
	fake_kernel_run(TIME_MS);
	assert_traffic(user);
}

struct held netuser_settle(struct fake_netuser *user)
{
	struct fake_frame frame = fake_frame_make(false, FAKE_UDP, 18, false);
	const bool stopped = user->nb->stopped;

	/* Bursts of more frames each time, until it has made all the pages that it ever will. */
	for (size_t burst = 40; burst < FAKE_NET_SLOTS; burst *= 2) {
		for (unsigned i = 0; i < user->nb->wish.queues; i++)
			for (size_t j = 0; j < burst; j++)
				fake_netback_give(user->nb, i, &frame);
		fake_kernel_run(TIME_MS);
	}
	/* And full rings, of flows of every queue, until the grant table is as long as it ever gets. */
	user->nb->stopped = true;
	for (unsigned i = 0; i < user->nb->wish.queues * FAKE_NET_SLOTS * 2; i++) {
		frame.bytes[FLOW_AT] = (uint8_t)i;
		(void)netuser_send(user, &frame);
	}
	user->nb->stopped = stopped;
	fake_backend_restart(&user->nb->backend);
	fake_kernel_run(TIME_MS);
	assert_reconnects(user);
	return held_now();
}

struct held netuser_boot_one(struct fake_netuser *user, const char *command_line)
{
	netuser_boot(user, 1, command_line);
	return netuser_settle(user);
}

void assert_settles(struct fake_netuser *user, struct held before)
{
	fake_backend_restart(&user->nb->backend);
	fake_kernel_run(TIME_MS);
	assert_reconnects(user);
	assert_held(before);
}
