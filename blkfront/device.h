/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one disk is made of, for the sources of blkfront/ alone.
 *
 *   blkfront.c   control plane: finds disks, has them come and go
 *   features.c   what the back end offers, and what of it is used
 *   disk.c       what it says of its disk, once it has it
 *   publish.c    what it is told
 *   queue.c      a ring with its event channel
 *   pool.c       the pages that data is copied through
 *   request.c    the requests that are not done yet, in their order
 *   issue.c      requests onto a ring
 *   issue_data.c … those with data             cut.h   … cut into pages
 *   serve.c      responses off it              mark.h  … and whether it was read
 *   watchdog.c   what happens when the back end is silent
 *   transfer.c   blocking reads and writes of any length and alignment
 *   stats.c      the statistics page
 *
 * The way of the data:
 *
 *   blkfront_submit ─► outstanding requests, in the order of submission
 *                        next: the first of which something has to go out yet
 *                          │
 *   issue.c                ▼                                             blkback
 *     what touches is one request on the ring, what is long several
 *     {operation, id, sector, segments} ──► ring ──────────────────►     maps the pages, does it,
 *                                                                        lets them go
 *   serve.c                                                 ring ◄──     response {id, status}
 *     is id that of a slot in use? pages end being lent, reads are copied out;
 *     a request with no part left in flight is done
 */
#ifndef LODGER_BLKFRONT_DEVICE_H
#define LODGER_BLKFRONT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>

#include "blkfront/blkfront.h"
#include "hypercall/front_ring.h"
#include "unikernel/core/page.h"
#include "unikernel/core/timer.h"
#include "unikernel/core/waitq.h"
#include "xenbus/channel.h"
#include "xenbus/device.h"
#include "xenbus/shared_page.h"
#include "xenbus/shared_run.h"

/*
 * The unit of everything on the ring, and of the back end's "sectors" node, whatever the disk's
 * own sector size: so all back ends behave unless we said "feature-large-sector-size" (Xen 4.20).
 */
#define RING_SECTOR    512u

#define QUEUES_MAX     4u
#define RING_PAGES_MAX SHARED_RUN_MAX
#define RING_SLOTS_MAX (RING_PAGES_MAX * 32u)

/* Pages in one request on the ring: what one page of descriptors holds. */
#define SEGMENTS_MAX (PAGE_SIZE / sizeof(struct blkif_request_segment))

/* Pages of data that are with the back end, of one queue: four megabytes. */
#define SEGMENT_RECORDS 1024u

#define NONE		UINT16_MAX /* no slot, no page, no segment, by number */

/* Of struct blkfront_request. */
enum request_phase {
	REQUEST_DATA,	    /* some of it has to go out, or is in flight */
	REQUEST_FLUSH_WAIT, /* … a flush has to go out for it */
	REQUEST_FLUSH,	    /* … and is in flight */
	REQUEST_ENDING, /* it has failed, and waits for pages that the back end still has mapped */
};

/* A page, or a part of one, that is with the back end. */
struct blkfront_segment {
	struct blkfront_request *request; /* NULL: the page that holds the descriptors of others */
	void *data;			  /* the caller's */
	grant_ref_t ref;
	uint16_t len; /* bytes, a multiple of the sector size */
	uint16_t
		page; /* of the pool, that the data is copied through; NONE: it is lent as it lies */
	uint16_t next; /* of its slot, or in the list of unused ones */
};

/* A request that is with the back end. */
struct blkfront_slot {
	uint64_t id;			  /* as on the ring; no two have the same. 0: unused */
	uint64_t mark;			  /* mark.h: in the sectors that are to be read */
	struct blkfront_request *request; /* of a discard, which has no segments */
	uint16_t segment;		  /* the first, or NONE */
	uint8_t operation;		  /* BLKIF_OP_* */
	bool indirect;			  /* … by way of descriptors */
};

/* Pages that are granted from their first use on; the one used last is next. */
struct page_pool {
	struct shared_page *page;
	uint16_t *unused, unused_count;
	uint16_t count, max; /* granted; … and as many as may be */
};

struct blkfront_queue {
	struct blkfront *bf;
	struct xenbus_channel channel;
	struct front_ring ring;
	struct shared_run *ring_run;
	struct blkfront_slot *slot;
	uint16_t *unused_slot, unused_slots;
	struct blkfront_segment *segment;
	uint16_t unused_segment; /* the first in the list */
	unsigned int unused_segments;
	struct page_pool pool;
	uint64_t last_id, secret;
	struct timer again;

	/* The request that is being made. */
	struct blkif_request_segment out[SEGMENTS_MAX];
	unsigned int out_count;
	size_t out_bytes;
};

struct blkfront {
	struct xenbus_device *device; /* NULL once it is removed */
	const struct blkfront_client *client;
	struct blkfront_info info;
	struct blkfront_features off; /* switched off */
	unsigned int queues_wanted, ring_pages_wanted;
	bool queues_told, pages_told; /* nodes about them were written once */
	bool removed;
	bool marks_left;     /* told in the log, once for each connection */
	unsigned int opened; /* times, by users who may call for as long */

	struct blkfront_queue *queue[QUEUES_MAX]; /* made when first needed, kept */
	unsigned int turn;			  /* the queue that is next */
	char node_name[XENBUS_PROPERTIES_MAX][24];

	/* Submitted and not done, in their order. */
	struct blkfront_request *first, *last;
	struct blkfront_request *next; /* nothing before it has to go out; NULL: nothing has to */
	unsigned int outstanding;
	unsigned int unissued, waited; /* that have not begun; … and were counted as such */
	unsigned int flush_waits;      /* requests that wait for a flush to go out */
	bool flushing;		       /* one is in flight */
	unsigned int on_ring;	       /* requests with the back end */
	bool holding;		       /* who holds them issues what is submitted meanwhile */
	bool full;		       /* there was no room for the next one */
	struct timer show;

	struct timer watchdog;
	bool heard;	    /* the back end has answered, or had nothing to answer, since: */
	uint64_t heard_ns;  /* … we last looked whether it does */
	uint64_t warned_ns; /* when the log last told that it does not */

	/* What is not whole sectors of a blocking call goes through here, one at a time. */
	char *edge;
	bool edge_used;
	struct waitq edge_free;

	struct blkfront_stats stats;
};

/* features.c: at probe, which are switched off; at publish, which of the rings' the back end offers. */
void vbd_features_configure(struct blkfront *bf);
int vbd_features_negotiate(struct blkfront *bf);

/* disk.c: at connect; and when the disk may have another size. -EINVAL: it cannot be a disk. */
int vbd_read_disk(struct blkfront *bf);
int vbd_read_size(struct blkfront *bf);

/* publish.c */
int vbd_publish_nodes(struct blkfront *bf, struct xenbus_property node[]);

/* Twins, all of them: open may fail half way, close takes what there is. */
int vbd_queue_open(struct blkfront *bf, unsigned int number);
void vbd_queue_close(struct blkfront_queue *queue);
int pool_open(struct page_pool *pool, domid_t backend, unsigned int max);
void pool_close(struct page_pool *pool);

/* pool.c: NONE if there is no page. In the order of a stack. */
uint16_t pool_take_new(struct page_pool *pool, domid_t backend);

static inline uint16_t pool_take(struct page_pool *pool, domid_t backend)
{
	return pool->unused_count > 0 ? pool->unused[--pool->unused_count]
				      : pool_take_new(pool, backend);
}

static inline void pool_put(struct page_pool *pool, uint16_t page)
{
	pool->unused[pool->unused_count++] = page;
}

/* Pages that can be taken, unless memory runs out. */
static inline unsigned int pool_left(const struct page_pool *pool)
{
	return pool->unused_count + (unsigned int)(pool->max - pool->count);
}

/* Records of what is with the back end. NONE: there are no more. */
static inline uint16_t segment_take(struct blkfront_queue *queue)
{
	uint16_t segment = queue->unused_segment;

	if (segment == NONE)
		return NONE;
	queue->unused_segment = queue->segment[segment].next;
	queue->unused_segments--;
	return segment;
}

static inline void segment_put(struct blkfront_queue *queue, uint16_t segment)
{
	queue->segment[segment].next = queue->unused_segment;
	queue->unused_segment = segment;
	queue->unused_segments++;
}

/* queue.c */
struct blkfront_slot *slot_take(struct blkfront_queue *queue);
void slot_put(struct blkfront_queue *queue, struct blkfront_slot *slot);
/* The back end will not answer any more: what is lent stays with it until vbd_queue_close. */
void vbd_queue_abandon(struct blkfront_queue *queue);
/* The next with room for a request on its ring, or NULL. */
struct blkfront_queue *vbd_queue_pick(struct blkfront *bf);
/* Puts a struct blkif_request… on the ring, made in private and all of it, padding included. */
void vbd_queue_put(struct blkfront_queue *queue, const void *request, size_t size);

/* request.c. 0, or what blkfront_submit says. */
int vbd_request_check(const struct blkfront *bf, const struct blkfront_request *request);
/* Does the disk, which may be another by now, still have its place? */
bool vbd_request_fits(const struct blkfront *bf, const struct blkfront_request *request);
/* No part of it is in flight: it ends with its status, or a flush is yet to come. */
void vbd_request_finish(struct blkfront *bf, struct blkfront_request *request);
/* A page of it is with a back end that was asked to let it go: arg of gnttab_end_then's. */
void vbd_request_page_back(void *request);
/* All are to go out anew, on the next connection. */
void vbd_requests_rewind(struct blkfront *bf);
/* Ends those that are not with a back end. */
void vbd_requests_fail(struct blkfront *bf, int status);
/* The whole granules of a discard, in units of RING_SECTOR; false: there are none. */
bool discard_range(const struct blkfront_info *info, const struct blkfront_request *request,
		   uint64_t *sector, uint64_t *count);

/* issue_data.c: as much of it as goes in one, of the next ones too. False: there is no room. */
bool issue_data(struct blkfront_queue *queue, struct blkfront_request *request);

/* issue.c: the first part of a request goes out, or it ends before that. */
void issue_begun(struct blkfront *bf);
/* Puts on the rings what there is room for, and notifies the back end. */
void issue_all(struct blkfront *bf);
/* … at the next safe point. */
void issue_soon(struct blkfront *bf);

/* serve.c: takes the responses that have come. */
void serve(void *queue);

/* watchdog.c: watches from now on that what is outstanding gets answered. */
void watchdog_start(struct blkfront *bf);

/* blkfront.c: a request has ended of a disk that may be gone; and the index-th disk. */
void blkfront_let_go(struct blkfront *bf);
struct blkfront *blkfront_at(unsigned int index);

#endif
