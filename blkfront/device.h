/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one disk is made of, for the sources of blkfront/ alone.
 *
 *   blkfront.c   control plane: finds disks, publishes rings, has them come and go
 *   ring.c       data plane: requests onto the ring, responses off it
 *   watchdog.c   what happens when the backend is silent
 *   transfer.c   blocking reads and writes of any length and alignment
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
#include "xenbus/channel.h"
#include "xenbus/device.h"
#include "xenbus/shared_page.h"

/*
 * The unit of everything on the ring, and of the backend's "sectors" node, whatever the disk's
 * own sector size: so xen/io/blkif.h reads since Xen 4.20, and so all backends behaved before.
 */
#define RING_SECTOR 512u

#define RING_SLOTS  32
#define DATA_PAGES  128 /* data in flight: half a megabyte */

/* A request that is with the backend. */
struct blkfront_slot {
	struct blkfront_request *request; /* NULL: unused */
	uint64_t id;			  /* as on the ring; no two requests have the same */
	uint8_t operation;		  /* BLKIF_OP_* */
	uint8_t pages;
	uint8_t page[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};

struct blkfront {
	struct xenbus_device *device; /* NULL once it is removed */
	struct xenbus_channel channel;
	struct blkfront_info info;
	uint8_t flush_operation; /* BLKIF_OP_FLUSH_DISKCACHE or BLKIF_OP_WRITE_BARRIER */
	bool opened;		 /* by a user, who may call for ever */
	bool removed;

	struct front_ring ring;
	struct shared_page ring_page;
	struct shared_page page[DATA_PAGES];
	uint8_t unused_page[DATA_PAGES], unused_pages;
	struct blkfront_slot slot[RING_SLOTS];
	uint8_t unused_slot[RING_SLOTS], unused_slots;
	uint64_t last_id;

	/* Requests that wait for room on the ring, or for the backend to return. */
	struct blkfront_request *queue, **queue_end;
	unsigned int outstanding; /* in slots and in the queue */

	struct timer watchdog, again;
	uint64_t heard_ns;  /* when the backend last answered, or had nothing to answer */
	uint64_t warned_ns; /* when the log last told that it does not */
	struct blkfront_stats stats;
};

/* Twins: open may fail half way, close takes what there is. */
int ring_open(struct blkfront *bf);
void ring_close(struct blkfront *bf);

/* Is the request one for this disk? 0 or what blkfront_submit says. */
int request_check(const struct blkfront *bf, const struct blkfront_request *request);

/* Puts what is queued on the ring, as far as there is room, and notifies the backend. */
void ring_pump(struct blkfront *bf);

/* Takes the responses that have come. */
void ring_serve(void *bf);

/* Takes the requests back from a ring that the backend will not answer on, for the next one. */
void ring_requeue(struct blkfront *bf);

/* Ends the requests that are queued. */
void queue_fail(struct blkfront *bf, int status);

/* Watches from now on that what is outstanding gets answered. */
void watchdog_start(struct blkfront *bf);

#endif
