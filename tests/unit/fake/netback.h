/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netback, with every feature that Linux' has and as strict as it:
 *
 *   netback.c      control plane: what is offered, what the front end asks for, queues that come and go
 *   netback_tx.c   frames from the guest, in slots, with extras; their pages stay mapped until answered
 *   netback_rx.c   frames to the guest, in slots, with extras
 *   frame.c        what a frame must look like for an offload, and frames to send
 *
 * A test sets what it wants otherwise between fake_netback_make and fake_netback_plug, or at any
 * time after. What Linux calls fatal is a violation here: the front end must never send it.
 */
#ifndef FAKE_NETBACK_H
#define FAKE_NETBACK_H

#include "tests/unit/fake/backend.h"
#include "tests/unit/fake/frame.h"

#include <xen/io/netif.h>

#define FAKE_FRAMES	2048u /* remembered of each direction */
#define FAKE_NET_SLOTS	256u  /* what a page of ring holds */
#define FAKE_NET_QUEUES 8u
#define FAKE_GROUPS	64u /* Linux' XEN_NETBK_MCAST_MAX */

/* What it offers. At first everything, and four queues. */
struct fake_net_offer {
	bool sg, csum4, csum6, gso4, gso6, split, multicast, dynamic_multicast;
	unsigned queues; /* 0: there is no such node */
	int carrier;	 /* -1: there is no such node */
};

/* What the front end asked for when it connected. */
struct fake_net_wish {
	bool sg, csum4, csum6, gso4, gso6, split, multicast, rx_notify;
	unsigned queues;
};

/* A transmit request that was taken and is not yet answered. */
struct fake_net_owed {
	struct netif_tx_request request;
	uint16_t size;	     /* of this slot alone */
	unsigned extras;     /* slots of extras behind it, answered with it */
	const uint8_t *page; /* mapped; NULL for a request without data */
	const uint8_t *was;  /* what it held when it was taken */
	int16_t status;
};

struct fake_net_queue {
	struct netif_tx_sring *tx; /* as mapped */
	struct netif_rx_sring *rx;
	grant_ref_t tx_ref, rx_ref;
	struct netif_tx_back_ring tx_ring;
	struct netif_rx_back_ring rx_ring;
	struct fake_channel *tx_channel, *rx_channel; /* one and the same unless split */
	bool tx_woken, rx_woken;		      /* the guest has notified */

	struct fake_net_owed owed[FAKE_NET_SLOTS];
	size_t owed_count;

	/* Frames on their way to the guest. */
	struct fake_frame *frames;
	size_t head, tail, seen;
};

struct fake_netback {
	struct fake_backend backend;
	struct fake_net_offer offer;
	struct fake_net_wish wish;
	unsigned long looked; /* the store's generation when the wish was last looked at */
	unsigned mtu;	      /* 1500; anything else is written where libxl writes it */
	struct fake_net_queue queue[FAKE_NET_QUEUES];

	/* Frames that the guest sent, oldest first; `frames_sent` counts beyond the array. */
	struct fake_frame *frames;
	size_t frames_sent;
	size_t rx_delivered, rx_filtered;

	uint8_t group[FAKE_GROUPS][6];
	size_t groups;

	/* Wrote into a ring what it should not: the guest may use again what was not answered. */
	bool lied;

	bool stopped;	    /* neither takes requests nor gives responses */
	bool hold;	    /* takes requests and answers none */
	int16_t tx_status;  /* answer to each transmit request; NETIF_RSP_OKAY at first */
	bool tx_reversed;   /* answers a batch last first */
	bool rx_reversed;   /* uses receive requests last first */
	size_t rx_piece;    /* bytes in a slot at most; 0: a page */
	uint16_t rx_offset; /* where in its page each piece begins */
	/* Changes a response on its way into the ring. */
	void (*tx_mangle)(struct netif_tx_response *response);
	void (*rx_mangle)(struct netif_rx_response *response);

	/* Answers, but keeps the pages mapped until fake_netback_let_go. */
	bool keep;
	grant_ref_t kept[FAKE_GRANTS];
	size_t kept_count;
};

/* Makes one that offers everything; plugs it in. */
struct fake_netback *fake_netback_make(unsigned index);
void fake_netback_plug(struct fake_netback *self);
struct fake_netback *fake_netback_start(unsigned index); /* both */

/* Writes the offer again: what a connection from now on finds. */
void fake_netback_offer(struct fake_netback *self);
void fake_netback_carrier(struct fake_netback *self, bool up);

/* Queues a frame for the guest, as it is; with offloads, for the queue of that number. */
void fake_netback_deliver(struct fake_netback *self, const void *bytes, size_t len);
void fake_netback_give(struct fake_netback *self, unsigned queue, const struct fake_frame *frame);
/* Forgets the frames that were not delivered yet. */
void fake_netback_forget(struct fake_netback *self);
/* The frame that the guest sent as the n-th. */
const struct fake_frame *fake_netback_frame(const struct fake_netback *self, size_t n);

/* Answers what is held. */
void fake_netback_release(struct fake_netback *self);
void fake_netback_let_go(struct fake_netback *self);

/* --- for attacks: one raw slot on a ring, whatever it says, and pushed --- */

void fake_netback_tx_respond(struct fake_netback *self, unsigned queue,
			     struct netif_tx_response response);
void fake_netback_rx_respond(struct fake_netback *self, unsigned queue,
			     struct netif_rx_response response);
void fake_netback_rx_extra(struct fake_netback *self, unsigned queue,
			   struct netif_extra_info extra);
/* The next receive request, taken from the ring. */
struct netif_rx_request fake_netback_rx_claim(struct fake_netback *self, unsigned queue);
void fake_netback_notify(struct fake_netback *self); /* on every channel */

/* --- inside the fake --- */

bool fake_netback_tx_work(struct fake_netback *self, struct fake_net_queue *queue);
bool fake_netback_rx_work(struct fake_netback *self, struct fake_net_queue *queue);
/* Lets go of what is held, unanswered. */
void fake_netback_tx_drop(struct fake_netback *self, struct fake_net_queue *queue);

#endif
