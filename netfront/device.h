/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one network device is made of, for the sources of netfront/ alone.
 *
 *   netfront.c   control plane: finds devices, has them come and go
 *   features.c   what the back end offers, and what of it is used
 *   publish.c    what the back end is told
 *   queue.c      a pair of rings with its event channels
 *   tx.c         frames out            loan.c   pages of theirs that are lent
 *   rx.c         frames in             pages.c  the pages that they come in
 *   multicast.c  which groups' frames the back end passes on
 */
#ifndef LODGER_NETFRONT_DEVICE_H
#define LODGER_NETFRONT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/netif.h>

#include "hypercall/front_ring.h"
#include "netfront/netfront.h"
#include "unikernel/core/page.h"
#include "unikernel/core/timer.h"
#include "xenbus/channel.h"
#include "xenbus/device.h"
#include "xenbus/shared_page.h"

#define RING_SLOTS 256u /* that fit the page of either ring */

/* A frame without more than its header; netback passes a VLAN tag on, which no mtu counts. */
#define FRAME_HEADER 14u
#define VLAN_TAG     4u

#define NONE	     UINT16_MAX /* no slot, no page, no loan, by number */

/* --- frames out: tx.c, loan.c ---------------------------------------------------------------- */

/* A frame some pages of which are lent: they are their owner's again when none of them is. */
struct loan {
	struct netfront_queue *queue;
	void *owner;
	uint16_t pages; /* with the back end, or parked */
	uint16_t next;	/* in the list of unused ones */
};

/* A request that is with the back end, by its id. */
struct tx_slot {
	bool sent;
	bool first;	 /* of its frame */
	uint8_t extras;	 /* slots of extra information behind it: they have no id */
	uint16_t bounce; /* the page of ours that the data were copied to, or NONE */
	uint16_t loan;	 /* or the loan that the page is part of */
	grant_ref_t ref; /* … and the page's grant */
};

struct netfront_tx {
	struct front_ring ring;
	struct shared_page ring_page;
	struct tx_slot slot[RING_SLOTS];
	uint16_t unused[RING_SLOTS], unused_count; /* ids */

	/* Pages that data are copied to, granted from the first use on; the one used last is next. */
	struct shared_page bounce[RING_SLOTS];
	uint16_t bounce_unused[RING_SLOTS], bounce_count;

	struct loan loan[RING_SLOTS];
	uint16_t loan_unused; /* the first in the list */
	unsigned int loans;   /* out */

	unsigned int extras; /* the next responses are to so many slots of extra information */
	unsigned int held;   /* frames on the ring that it has not been shown */
	uint64_t shown_ns;   /* when it was last shown any */
	bool blocked;	     /* netfront_send found no room, and its caller wants to be told */
	struct timer show, reclaim;
};

/* --- frames in: rx.c, pages.c ---------------------------------------------------------------- */

struct netfront_page {
	void *data;
	struct netfront_queue *queue;
	struct netfront_page *next; /* in the list of unused ones */
	grant_ref_t ref;
	bool granted;	 /* stays so from one use to the next, unless the page is lent */
	uint16_t offset; /* where a frame began in it, if it was lent */
	_Alignas(16) unsigned char room[NETFRONT_PAGE_ROOM];
};

struct netfront_rx {
	struct front_ring ring;
	struct shared_page ring_page;

	struct netfront_page *posted[RING_SLOTS]; /* by id: with the back end */
	uint16_t unused_id[RING_SLOTS], unused_ids;
	uint16_t id_at[RING_SLOTS]; /* the id of the request in each slot */

	struct netfront_page *unused;
	unsigned int pages; /* there are, posted, unused and lent ones */
	unsigned int lent, lent_max;
	unsigned int target, target_max; /* pages that should be posted */

	/* The frame under way: its pages are in frame.piece[]. */
	struct netfront_received frame;
	bool more_data, more_extra; /* the next slot belongs to it */
	bool bad;		    /* it will be dropped */
	unsigned int extras;
	uint16_t flags; /* of its first slot */
	struct timer again;
};

/* --- the device ------------------------------------------------------------------------------ */

struct netfront_queue {
	struct netfront *nf;
	struct xenbus_channel tx_channel, rx_channel; /* only the latter unless they are split */
	struct netfront_tx tx;
	struct netfront_rx rx;
};

#define GROUPS_MAX 64 /* what netback takes (XEN_NETBK_MCAST_MAX) */

struct netfront_group {
	uint8_t mac[6];
	unsigned int joined; /* times */
};

struct netfront {
	struct xenbus_device *device;
	const struct netfront_client *client;
	unsigned int index; /* for its options */
	uint8_t mac[6];
	uint16_t mtu;
	bool connected; /* and no violation yet */
	bool carrier;	/* the back end's own link is up */
	bool carrier_told, carrier_watched;
	bool up; /* as the client was told: both */
	bool removed;
	bool told;				/* … as its client was; its index is free */
	struct netfront_features off, features; /* switched off; in use */
	unsigned int queues_wanted;
	bool queues_told, split_told; /* nodes about them were written once */
	struct xenbus_watch carrier_watch;
	char carrier_path[XENBUS_PATH_SIZE];

	struct netfront_queue *queue[NETFRONT_QUEUES_MAX]; /* made when first needed, kept */
	char node_name[NETFRONT_QUEUES_MAX][4][sizeof("queue-0/event-channel-tx")];

	struct netfront_group group[GROUPS_MAX];
	unsigned int groups;
	bool all_groups; /* too many for the filter: it is not asked for */

	struct netfront_stats stats;
};

static inline size_t frame_max(const struct netfront *nf)
{
	return FRAME_HEADER + nf->mtu;
}

static inline struct netif_rx_sring *rx_sring(const struct netfront_rx *rx)
{
	return (struct netif_rx_sring *)rx->ring.shared;
}

/* features.c: at probe, which are switched off; at publish, which the back end offers. */
void features_configure(struct netfront *nf);
int features_negotiate(struct netfront *nf);

/* publish.c */
int publish_nodes(struct netfront *nf, struct xenbus_property node[]);

/* Twins, all of them: open may fail half way, close takes what there is. */
int queue_open(struct netfront *nf, unsigned int number);
void queue_close(struct netfront_queue *queue);
int tx_open(struct netfront_queue *queue);
void tx_close(struct netfront_queue *queue);
int rx_open(struct netfront_queue *queue);
void rx_close(struct netfront_queue *queue);

/* Events may have come while nobody looked. */
void queue_start(struct netfront_queue *queue);
void queue_stop(struct netfront_queue *queue);

/* Takes back the slots of frames that are out. */
void tx_reclaim(void *queue);
/* Pages to copy to that are granted, used or not. */
unsigned int tx_grants_kept(const struct netfront_queue *queue);
/* A request of extra information alone: a group joined or left. -EAGAIN without room. */
int tx_send_extra(struct netfront_queue *queue, const struct netif_extra_info *extra);

/* Hands the frames that have come to the client. */
void rx_serve(void *queue);

/* loan.c: pages of an owner's for the back end to read. */
void loan_init(struct netfront_queue *queue);
uint16_t loan_open(struct netfront_queue *queue); /* nobody's yet; NONE when all are out */
/* Grants a page as part of it; 0 or an error of gnttab_grant's. */
int loan_grant(struct netfront_queue *queue, uint16_t loan, const void *page, grant_ref_t *ref);
/* Ends that: 0, or -EBUSY, and the page is parked for as long as the back end has it mapped. */
int loan_end(struct netfront_queue *queue, uint16_t loan, grant_ref_t ref);
/* One that nothing was granted for ends, and its owner is not called. */
void loan_cancel(struct netfront_queue *queue, uint16_t loan);

/* pages.c */
void pages_init(struct netfront_queue *queue);
/* Gives the back end pages up to the target. True: it wants to be told. */
bool pages_post(struct netfront_queue *queue);
void pages_return(struct netfront_page *page); /* to the unused ones */
void pages_close(struct netfront_queue *queue);
unsigned int pages_granted(const struct netfront_queue *queue);

/* multicast.c: tells the back end of all groups anew. */
void multicast_start(struct netfront *nf);

/* netfront.c: nothing of the device is in use any more. */
void netfront_let_go(struct netfront *nf);

#endif
