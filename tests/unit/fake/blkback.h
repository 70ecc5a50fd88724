/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blkback, with every feature that Linux' has and more, and as strict as it:
 *
 *   blkback.c        control plane: what is offered, what the front end asks for, rings that come and go
 *   blkback_take.c   requests of all kinds, taken from the rings and checked
 *   blkback_answer.c what is done for them on the disk, and answers, in any order and late
 *   blkback_page.c   the guest's pages: mapped for a request, or for good
 *   platter.c        the disk, with a write cache and power cuts
 *
 * A test sets what it wants otherwise between fake_blkback_make and fake_blkback_plug, or at any
 * time after. What Linux answers with an error because the front end did wrong is a violation here:
 * it must never be sent. Sectors are of 512 bytes wherever they are counted, as on the ring.
 */
#ifndef FAKE_BLKBACK_H
#define FAKE_BLKBACK_H

#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/platter.h"

#include <xen/io/blkif.h>

#define FAKE_BLOCK_QUEUES   8u
#define FAKE_BLOCK_ORDER    4u			   /* rings of up to 16 pages */
#define FAKE_BLOCK_SLOTS    512u		   /* requests that such a ring holds */
#define FAKE_BLOCK_INDIRECT 4096u		   /* segments at most: 8 pages of 512 */
#define FAKE_BLOCK_SEEN	    8192u		   /* requests remembered */
#define FAKE_BLOCK_OWED	    (4 * FAKE_BLOCK_SLOTS) /* requests not yet answered */

/* What it offers. At first everything, with 512-byte sectors and as much of each as Linux has. */
struct fake_blk_offer {
	bool flush, barrier, discard, discard_secure, persistent;
	uint32_t discard_granularity,
		discard_alignment; /* bytes; both 0: there are no such nodes */
	unsigned indirect;	   /* segments; 0: no such node */
	int ring_order;		   /* -1: no such node */
	unsigned queues;	   /* 0: no such node */
	uint64_t sectors;
	uint32_t sector_size, physical_sector_size; /* bytes; physical 0: no such node */
	unsigned info;				    /* VDISK_* */
};

/* What the front end asked for when it connected. */
struct fake_blk_wish {
	bool persistent;
	unsigned order, queues;
};

struct fake_blk_segment {
	grant_ref_t ref;
	uint8_t first, last;
	bool persistent; /* stays mapped when the request is answered */
	uint8_t *page;
};

/* A request that was taken and is not yet answered. */
struct fake_blk_owed {
	unsigned queue;
	uint64_t id, nth;  /* nth: of all that were taken */
	uint8_t operation; /* of the slot: BLKIF_OP_INDIRECT, say */
	uint8_t does;	   /* BLKIF_OP_READ, … what it is about, and what it is answered as */
	bool secure;
	bool unknown; /* offered once, and not any more */
	uint64_t sector, sectors;
	unsigned segments, indirect_pages;
	struct fake_blk_segment *segment;
	grant_ref_t indirect[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
	uint8_t *was;  /* what a write was to write when it was taken */
	uint64_t mark; /* what a flush or barrier is to flush */
	uint64_t at_ns;
};

/* A request that was taken, for tests that count and compare. */
struct fake_blk_seen {
	unsigned queue, segments;
	uint8_t operation, does;
	bool secure;
	uint64_t sector, sectors;
};

struct fake_blk_queue {
	struct blkif_sring *sring; /* as mapped */
	grant_ref_t ref[1u << FAKE_BLOCK_ORDER];
	struct blkif_back_ring ring;
	struct fake_channel *channel;
	bool woken; /* the guest has notified */
};

enum fake_blk_order { FAKE_OLDEST_FIRST, FAKE_NEWEST_FIRST, FAKE_ANY_ORDER };

struct fake_blkback {
	struct fake_backend backend;
	struct fake_blk_offer offer;
	struct fake_blk_wish wish;
	struct fake_blk_queue queue[FAKE_BLOCK_QUEUES];

	struct platter *platter; /* the first MiB, or all of a smaller disk */
	uint8_t *disk;		 /* what reads find there: platter_data */
	size_t disk_bytes;

	uint64_t told; /* sectors, the most that the front end may know of */

	struct fake_blk_owed owed[FAKE_BLOCK_OWED];
	size_t owed_count;
	uint64_t taken;
	bool ticking; /* a timer is set for the oldest of them */

	/* Wrote into a ring what it should not: the guest may use again what was not answered. */
	bool lied;

	bool stopped; /* does not even take requests */
	bool hold;    /* takes requests and answers none */
	enum fake_blk_order order;
	unsigned batch;	   /* answers at most so many before it looks for requests again; 0: all */
	uint64_t delay_ns; /* answers a request not before it is that old */
	uint32_t seed;	   /* of FAKE_ANY_ORDER */
	int16_t status; /* answer to each request; BLKIF_RSP_OKAY at first. Others are not done. */
	/* The answer to one request; overrides status. */
	int16_t (*judge)(struct fake_blkback *self, const struct fake_blk_owed *owed);
	unsigned
		lazy; /* says that it has read, but every so many sectors it has not; 1: none at all */
	bool literal; /* answers an indirect request as such: blkif.h reads so, Linux does not */
	/* Changes a response on its way into the ring. */
	void (*mangle)(struct blkif_response *response);
	/* Called when all is written into the store, and it is about to say Connected. */
	void (*on_connect)(struct fake_blkback *self);

	/* Answers, but keeps the pages mapped until fake_blkback_let_go. */
	bool keep;
	struct fake_blk_kept {
		grant_ref_t ref;
		bool readonly;
	} kept[FAKE_GRANTS];
	size_t kept_count;

	/* Grants mapped for good; in use by a request now. */
	struct fake_blk_persistent {
		uint8_t *page;
		bool busy;
	} persistent[FAKE_GRANTS];
	unsigned persistent_count, persistent_max; /* Linux: 1056 */

	/* If set, bytes that no page which the guest shows may hold outside of its segment. */
	const uint8_t *secret;
	size_t secret_len;

	/* What came, over all connections. */
	unsigned long reads, writes, flushes, barriers, discards, secure_discards; /* requests */
	unsigned long indirects, segments, sectors_read, sectors_written;
	unsigned long writable; /* segments of writes that it might have changed */
	unsigned long maps;	/* pages mapped, but for rings */
	unsigned most_segments, most_owed;
	struct fake_blk_seen *seen; /* the first FAKE_BLOCK_SEEN of them */
	size_t seen_count;
};

/* Makes one that offers everything, a disk of 1 MiB; plugs it in. Number: 51712 is xvda. */
struct fake_blkback *fake_blkback_make(unsigned number);
void fake_blkback_plug(struct fake_blkback *self);
/* Both, for a disk like that. */
struct fake_blkback *fake_blkback_start(unsigned number, uint64_t sectors, uint32_t sector_size,
					bool readonly, bool flush);

/* Writes what is offered before the front end says anything; what a connection from now on finds. */
void fake_blkback_offer(struct fake_blkback *self);
/* The disk has another size from now on, as blkback tells of one while it is connected. */
void fake_blkback_resize(struct fake_blkback *self, uint64_t sectors);

/* Answers what is held, in the order asked for; one of them. */
void fake_blkback_release(struct fake_blkback *self);
void fake_blkback_answer(struct fake_blkback *self, size_t which, int16_t status);
/* Forgets what is held, as if it had never come. */
void fake_blkback_drop(struct fake_blkback *self);
/* Unmaps what it kept; the persistent grants that no request uses, as Linux does at times. */
void fake_blkback_let_go(struct fake_blkback *self);
void fake_blkback_purge(struct fake_blkback *self);
/* The power of the host fails: the connection is gone, and with it what was not flushed. */
void fake_blkback_cut(struct fake_blkback *self, uint32_t seed);

/* --- for attacks: one raw response on a ring, whatever it says, and pushed --- */

void fake_blkback_respond(struct fake_blkback *self, unsigned queue,
			  struct blkif_response response);
void fake_blkback_notify(struct fake_blkback *self); /* on every channel */
/* How often the guest has notified, on all channels, since they were bound. */
unsigned long fake_blkback_notified(const struct fake_blkback *self);

/* --- inside the fake --- */

static inline bool fake_blk_reads(const struct fake_blk_owed *owed)
{
	return owed->does == BLKIF_OP_READ;
}

static inline bool fake_blk_flushes(const struct fake_blk_owed *owed)
{
	return owed->does == BLKIF_OP_FLUSH_DISKCACHE || owed->does == BLKIF_OP_WRITE_BARRIER;
}

static inline size_t fake_blk_bytes(const struct fake_blk_segment *segment)
{
	return (segment->last - segment->first + 1u) * PLATTER_SECTOR;
}

static inline uint8_t *fake_blk_data(const struct fake_blk_segment *segment)
{
	return segment->page + segment->first * PLATTER_SECTOR;
}

bool fake_blkback_take(struct fake_blkback *self, unsigned queue);
bool fake_blkback_answer_some(struct fake_blkback *self);
/* Maps a page of a request; one that is mapped for good already, perhaps. */
void fake_blkback_page_map(struct fake_blkback *self, struct fake_blk_segment *segment, bool write);
void fake_blkback_page_unmap(struct fake_blkback *self, struct fake_blk_segment *segment,
			     bool write);
void fake_blkback_pages_forget(struct fake_blkback *self);

#endif
