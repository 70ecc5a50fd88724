/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block front end: sectors to and from blkback, over the protocol of xen/io/blkif.h. Any number of
 * disks, which may come, go, grow and lose their back end while the guest runs.
 *
 * Two ways in: requests with a callback (blkfront_submit), of any number and any length; and
 * blocking calls of any alignment above them.
 *
 * What of the protocol there is, the back end offers and the configuration leaves on:
 * blkfront_info. What a back end does not offer costs speed and never correctness; flushes and
 * discards that it cannot do are -EOPNOTSUPP.
 */
#ifndef LODGER_BLKFRONT_BLKFRONT_H
#define LODGER_BLKFRONT_BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blkfront;

/* --- requests ---------------------------------------------------------------------------- */

enum blkfront_op { BLKFRONT_READ, BLKFRONT_WRITE, BLKFRONT_FLUSH, BLKFRONT_DISCARD };

/* The most data in one request. What the ring takes at once is less: the driver splits. */
#define BLKFRONT_REQUEST_MAX ((size_t)16 << 20)

/* A part of a request's data. len: bytes, a multiple of the sector size, not 0. */
struct blkfront_piece {
	void *data;
	size_t len;
};

/*
 * One request, in memory of the caller's that must stay until done is called, and its data and
 * pieces with it. done is called exactly once for every request that was submitted, from an event
 * handler, a timer or the bus's thread, and must not block; it may submit, this request too.
 * status is 0 or a negative errno:
 *   -EIO         the back end reports an error, says that it has read what it has not, stays away
 *                or silent, or the device was removed
 *   -EOPNOTSUPP  the back end turned out not to know the operation
 *
 * Until then the data is the driver's. A page that the data fills may be granted to the back end as
 * it lies (features.lend); what shares its page with anything else, or does not begin at a sector's
 * boundary in memory, is copied. done is not called before the back end has let go of all that it
 * was granted: what a read gave cannot change afterwards, and after an error the data of a read is
 * undefined, but it is the caller's again.
 *
 *	page            page            page            page
 *	|    .----------|---------------|------------.  |       . sector boundaries in memory
 *	     ^ copied     granted         ^ copied
 *
 * Requests may be done in any order, and two that overlap, one of them a write, have no order unless
 * the second was submitted after the first was done. When a back end is restarted, what it had not
 * answered is asked of the next one again, in the order of submission.
 */
struct blkfront_request {
	enum blkfront_op op;
	bool fua;	 /* of a write: on stable storage when done is called with 0 */
	bool secure;	 /* of a discard: no copy of the data can be read again by any means */
	uint64_t offset; /* bytes; a multiple of the sector size. Of a flush: ignored, as is len */
	size_t len;	 /* bytes; a multiple of the sector size, 1 … BLKFRONT_REQUEST_MAX */
	void *data;	 /* read into or written from; any alignment */

	/* In place of data, if pieces > 0: a scatter list; its lengths sum up to len. */
	const struct blkfront_piece *piece;
	unsigned int pieces;

	void (*done)(struct blkfront_request *request, int status);
	void *context;

	/* The driver's own. */
	struct blkfront *disk;
	struct blkfront_request *next, *prev; /* in the order of submission */
	size_t issued; /* bytes that went out, and where that is in the list: */
	unsigned int piece_at;
	size_t piece_from;
	unsigned int in_flight; /* parts that are with the back end */
	unsigned int parked;	/* pages that an earlier back end still has mapped */
	int status;		/* the first error of a part */
	uint8_t phase;
};

/*
 * Never blocks, and takes any number of requests: what the ring has no room for waits in a queue,
 * as does everything while the back end restarts. done is not called for what is refused:
 *   -EINVAL      unaligned, too long (a discard may have any length), pieces that do not sum up, or
 *                beyond the end of the disk; a secure discard not aligned to the granularity
 *   -EROFS       a write or a discard on a read-only disk
 *   -EOPNOTSUPP  a flush, a write with fua or a discard that info does not promise
 *   -EIO         the device has been removed
 *
 * A flush puts on stable storage what was done before it was submitted. It may overtake what was
 * not. A write with fua is a write and then a flush, since blkback has no operation for it.
 *
 * A discard is asked for as far as it covers whole granules (info.discard_granularity); what is
 * left over at its ends stays as it is. What is read from discarded sectors is undefined.
 *
 * What is submitted while others are under way is shown to the back end together, at the latest at
 * the next safe point; requests of one kind that touch each other are made one then.
 */
int blkfront_submit(struct blkfront *bf, struct blkfront_request *request);

/* --- blocking calls ---------------------------------------------------------------------- */

/*
 * Any length and any alignment: what does not cover whole sectors is read, changed and written back
 * (which is not atomic towards other writers of that sector). While the back end is silent or away
 * these wait, for a bounded time, and the log says so; errors as above, and -EINVAL beyond the end of
 * the disk.
 */
int blkfront_read(struct blkfront *bf, uint64_t offset, void *data, size_t len);
int blkfront_write(struct blkfront *bf, uint64_t offset, const void *data, size_t len);

/* What was written before is on stable storage when this returns 0; -EOPNOTSUPP: see info.flush. */
int blkfront_flush(struct blkfront *bf);

/* Whole sectors; -EOPNOTSUPP: see info.discard and info.discard_secure. */
int blkfront_discard(struct blkfront *bf, uint64_t offset, uint64_t len, bool secure);

/* --- the disk ---------------------------------------------------------------------------- */

/* In use on the present connection; while there is none, on the last one. */
struct blkfront_features {
	bool flush;	     /* BLKIF_OP_FLUSH_DISKCACHE */
	bool barrier;	     /* BLKIF_OP_WRITE_BARRIER, as a flush where that is missing */
	bool discard;	     /* BLKIF_OP_DISCARD */
	bool discard_secure; /* … with BLKIF_DISCARD_SECURE */
	bool indirect;	     /* BLKIF_OP_INDIRECT: more than 11 segments in a request */
	bool persistent; /* the back end keeps our pages mapped, through which all data is copied */
	bool lend;	 /* pages of the caller's are granted as they lie */
	bool multipage;	 /* rings of more than a page */
	unsigned int segments;	 /* pages of data in one request on a ring, at most */
	unsigned int ring_pages; /* of each ring */
	unsigned int queues;	 /* rings */
};

struct blkfront_info {
	unsigned int index;   /* the lowest that no other disk had when this one was found */
	char name[16];	      /* "xvda", from the virtual device number as Xen's vbd-interface(7) */
	uint32_t sector_size; /* bytes: 512 … 4096, a power of two */
	uint32_t physical_sector_size; /* bytes: what the disk writes at once; >= sector_size */
	uint64_t sectors;	       /* of sector_size bytes each */
	bool readonly;
	bool removable;	     /* a CD, or another medium that can be taken out */
	bool flush, fua;     /* the back end can put what was written on stable storage */
	bool discard;	     /* … can forget sectors */
	bool discard_secure; /* … for certain */
	uint32_t discard_granularity, discard_alignment; /* bytes: whole granules are discarded, the
							    first of which begins at the alignment */
	bool connected;
	struct blkfront_features features;
};

struct blkfront_stats {
	uint64_t reads, read_bytes; /* requests on the ring */
	uint64_t writes, write_bytes;
	uint64_t flushes;
	uint64_t discards;
	uint64_t merged;      /* requests that went with the one before them in one on the ring */
	uint64_t split;	      /* requests on the ring that are not the first of a request */
	uint64_t indirect;    /* requests on the ring with more than 11 segments */
	uint64_t lent;	      /* pages granted as they lay */
	uint64_t bounced;     /* pages, or parts of one, that were copied */
	uint64_t persistent;  /* … of those, through grants that the back end may keep mapped */
	uint64_t errors;      /* requests that the back end answered with an error */
	uint64_t queued;      /* requests that had to wait for room on the ring */
	uint64_t slow;	      /* times the log told that the back end is silent */
	uint64_t retried;     /* requests put on the ring again after a reconnection */
	uint64_t resized;     /* times the disk changed its size while connected */
	uint64_t violations;  /* the back end broke the protocol; each costs a reconnection */
	uint64_t events;      /* events handled */
	uint64_t notifies;    /* notifications sent, one hypercall each */
	uint64_t connections; /* times the device was connected */
	uint64_t grants_kept; /* pages that are granted now whether data is on its way or not */
};

/*
 * The index-th disk in the order of their virtual device numbers, or the one called name; NULL if
 * there is none. Valid until blkfront_close: when the disk has been unplugged everything ends with
 * -EIO. To be called when xenbus_devices_ready has returned.
 */
struct blkfront *blkfront_open(unsigned int index);
struct blkfront *blkfront_open_name(const char *name);

/* The twin of either. No request may be under way that came from who closes it. */
void blkfront_close(struct blkfront *bf);

/* Called, if set, in the bus's thread when a disk is connected for the first time. May block. */
extern void (*blkfront_arrived_hook)(struct blkfront *bf);

/*
 * Who wants to be told what becomes of a disk. Callbacks run inside an event handler or in the bus's
 * thread, and must not block. NULL callbacks are not called.
 */
struct blkfront_client {
	/* The disk has another size; also found when it is connected again. */
	void (*resized)(void *context, uint64_t sectors);

	/* It was connected, or its back end is away: requests wait, for a bounded time. */
	void (*link)(void *context, bool up);

	/* It has been unplugged, and all its requests are done. */
	void (*removed)(void *context);

	void *context;
};

/* NULL for nobody. Calls client->link at once if the disk is connected. */
void blkfront_set_client(struct blkfront *bf, const struct blkfront_client *client);

void blkfront_info(const struct blkfront *bf, struct blkfront_info *info);
void blkfront_stats(const struct blkfront *bf, struct blkfront_stats *stats);

#endif
