/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who uses a disk in a test: submits requests, sees that each is done once, and knows what must hold
 * whatever happened before. Each is one blkback and one blkfront.
 */
#ifndef FAKE_BLKUSER_H
#define FAKE_BLKUSER_H

#include "blkfront/blkfront.h"
#include "tests/unit/fake/blkback.h"
#include "tests/unit/fake/held.h"

#define BLKUSER_NUMBER(index) (51712u + 16u * (index)) /* xvda, xvdb, … */
#define BLKUSER_REQUESTS      1024u
#define BLKUSER_PIECES	      40u

/* Rings of every shape, by what the guest is told; a back end that offers everything. */
#define BLKUSER_COPIED	   "lodger.blk-off=multipage,indirect,persistent,lend lodger.blk-queues=1"
#define BLKUSER_LENT	   "lodger.blk-off=persistent lodger.blk-queues=1"
#define BLKUSER_PERSISTENT "lodger.blk-off=lend lodger.blk-queues=1"
#define BLKUSER_QUEUES	   "lodger.blk-off=persistent lodger.blk-queues=2 lodger.blk-ring-pages=2"

/* A test with such a line as its *state; one for each of them. */
#define BLKUSER_TEST(function, shape)                                                 \
	{                                                                             \
#function "/" #shape, function, NULL, NULL, (void *)(BLKUSER_##shape) \
	}
#define BLKUSER_TESTS(function)                                       \
	BLKUSER_TEST(function, COPIED), BLKUSER_TEST(function, LENT), \
		BLKUSER_TEST(function, PERSISTENT), BLKUSER_TEST(function, QUEUES)

struct fake_blkuser;

struct blkuser_request {
	struct blkfront_request request; /* first: it is found from this */
	struct fake_blkuser *user;
	struct blkfront_piece piece[BLKUSER_PIECES];
	bool busy;
	int status;    /* of when it was last done */
	uint64_t when; /* how many of this user's were done before it */
};

struct fake_blkuser {
	struct fake_blkback *bb;
	struct blkfront *bf;
	struct blkfront_client client;

	size_t resized, links_up, links_down, removed;
	uint64_t sectors; /* as last told by resized */

	struct blkuser_request request[BLKUSER_REQUESTS];
	unsigned busy;
	uint64_t done, errors;
	int status;					  /* of the last that was done */
	void (*on_done)(struct blkuser_request *request); /* told of each, if set */
};

/*
 * Boots a guest with so many disks, of the back ends that were made for them or, where user->bb is
 * NULL, one that offers everything. The first MiB of each has contents of its own.
 */
void blkuser_boot(struct fake_blkuser *user, size_t count, const char *command_line);
void blkuser_open(struct fake_blkuser *user, unsigned index);

/* One that is not busy, to be filled in. */
struct blkuser_request *blkuser_request(struct fake_blkuser *user);
/* blkfront_submit's answer. */
int blkuser_submit(struct blkuser_request *request);
/* Both; a violation unless it is accepted. */
struct blkuser_request *blkuser_ask(struct fake_blkuser *user, enum blkfront_op op, uint64_t offset,
				    void *data, size_t len);
/* And waits for it; a violation unless it is done well. How many there were on the rings meanwhile. */
size_t blkuser_do(struct fake_blkuser *user, enum blkfront_op op, uint64_t offset, void *data,
		  size_t len);
/* Runs until all are done, ten minutes at most. */
void blkuser_wait(struct fake_blkuser *user);

struct blkfront_stats blkuser_stats(const struct fake_blkuser *user);
struct blkfront_info blkuser_info(const struct fake_blkuser *user);

/* --- violations unless it is so --- */

/* Data can be written and read, aligned and not, as the disk has it. */
void assert_disk_works(struct fake_blkuser *user);
/* Nothing can be put on stable storage, info says so, and a write with FUA is refused. */
void assert_no_flush(struct fake_blkuser *user);
/* It is connected, or is before long, all that was asked for is done, and it works. */
void assert_disk_reconnects(struct fake_blkuser *user);

/*
 * What is held after a connection is made anew and data has passed, but for the pages that it says it
 * keeps for more: the same every time, or something leaks.
 */
struct held blkuser_held(const struct fake_blkuser *user);
struct held blkuser_settle(struct fake_blkuser *user);
/* With one disk, which has settled, and whose counts begin here. */
struct held blkuser_boot_settled(struct fake_blkuser *user, const char *command_line);
void assert_disk_settles(struct fake_blkuser *user, struct held before);

#endif
