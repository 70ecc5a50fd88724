/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who uses a network device in a test: it remembers what came, sends, and knows what must hold
 * whatever happened before. Each is one netback, one netfront and what lies above.
 */
#ifndef FAKE_NETUSER_H
#define FAKE_NETUSER_H

#include "netfront/netfront.h"
#include "tests/unit/fake/held.h"
#include "tests/unit/fake/netback.h"
#include "unikernel/core/waitq.h"

#define FAKE_TAKEN 2048u

struct fake_netuser {
	struct fake_netback *nb;
	struct netfront *nf;
	struct netfront_client client;

	size_t frames, bytes, links_up, links_down, writable, sent, removed;
	struct fake_frame last; /* received; its bytes are a copy */
	unsigned last_pieces;
	bool last_good;	      /* its checksum need not be looked at */
	void *last_owner;     /* of what came back from the back end */
	struct waitq changed; /* woken when writable */

	bool take;   /* keeps the pages of frames that it may */
	bool scrawl; /* and writes this where their headers are */
	uint8_t scrawled[128];
	struct netfront_page *taken[FAKE_TAKEN];
	size_t taken_count;
};

/*
 * Boots a guest with so many devices, of the back ends that were made for them or, where user->nb
 * is NULL, one that offers everything. Several may start to use their devices at once.
 */
void netuser_boot(struct fake_netuser *user, size_t count, const char *command_line);
/* The device of that number is there now: uses it. */
void netuser_open(struct fake_netuser *user, unsigned index);

/* Sends it in one piece, to be copied; netfront_send's answer. */
int netuser_send(struct fake_netuser *user, const struct fake_frame *frame);
/* The same, but lent from `headers` on, where the test must leave it alone until it is sent. */
int netuser_lend(struct fake_netuser *user, const struct fake_frame *frame, size_t headers,
		 uint8_t *page, size_t slack);
/* Gives back the pages that were taken. */
void netuser_free(struct fake_netuser *user);

struct netfront_stats netuser_stats(const struct fake_netuser *user);
struct netfront_features netuser_features(const struct fake_netuser *user);

/* --- violations unless it is so --- */

/* This frame passes, out and in. */
void assert_frame_out(struct fake_netuser *user, const struct fake_frame *frame);
void assert_frame_in(struct fake_netuser *user, unsigned queue, const struct fake_frame *frame);
/* A small frame each way. */
void assert_traffic(struct fake_netuser *user);
/* It is connected, or is before long, and frames flow. */
void assert_reconnects(struct fake_netuser *user);

/*
 * What is held after a connection is made anew and a frame has passed each way, when the device has
 * as many pages as it ever has: the same every time, or something leaks.
 */
struct held netuser_settle(struct fake_netuser *user);
/* Boots a guest with one device, and settles it. */
struct held netuser_boot_one(struct fake_netuser *user, const char *command_line);
void assert_settles(struct fake_netuser *user, struct held before);

#endif
