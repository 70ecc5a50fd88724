/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network front end: Ethernet frames to and from netback, over the protocol of xen/io/netif.h.
 *
 * A frame here is what goes on an Ethernet wire without preamble and FCS: 14 bytes of header,
 * then at most mtu bytes. With segmentation offload (GSO) a frame may be longer, up to
 * NETFRONT_FRAME_MAX: TCP over IPv4 or IPv6, which whoever puts it on a real wire cuts into
 * segments of gso_size bytes of data each.
 *
 * What of this there is, the back end offers and the configuration leaves on: netfront_info.
 */
#ifndef LODGER_NETFRONT_NETFRONT_H
#define LODGER_NETFRONT_NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netfront;

#define NETFRONT_FRAME_MAX 65535u /* what a 16-bit length can say */

/* Slots of a ring that one frame may take: what every back end accepts (XEN_NETIF_NR_SLOTS_MIN). */
#define NETFRONT_SLOTS_MAX 18u

/* --- frames out -------------------------------------------------------------------------- */

/*
 * Part of a frame on its way out. What is shown to the back end is granted by whole pages. So a
 * page is lent as it lies only if nothing but this piece is in it; the rest of a piece is copied.
 *
 *	page            page            page            page
 *	|    .----------|---------------|------------.  |
 *	     ^ copied     lent            copied, or lent with its slack zeroed
 */
struct netfront_piece {
	void *data;
	size_t len;
	size_t slack; /* bytes behind it, up to the end of its page, that are the sender's to zero */
	bool lend;    /* it may be lent: it stays as it is until client->sent */
};

struct netfront_packet {
	const struct netfront_piece *piece;
	unsigned int pieces;
	size_t len;	   /* of all pieces together */
	uint8_t gso_type;  /* XEN_NETIF_GSO_TYPE_NONE, _TCPV4, _TCPV6 */
	uint16_t gso_size; /* bytes of data in a segment */
	/* TCP or UDP with the checksum of its pseudo header in the checksum's place: to be finished. */
	bool checksum_blank;
	void *owner; /* for client->sent */
};

/* --- frames in --------------------------------------------------------------------------- */

/* A page of the driver's with a piece of a frame in it; and room beside it, its taker's to use. */
struct netfront_page;
#define NETFRONT_PAGE_ROOM 48
void *netfront_page_room(struct netfront_page *page);

struct netfront_received {
	struct {
		const void *data;
		size_t len;
		struct netfront_page *page;
	} piece[NETFRONT_SLOTS_MAX];
	unsigned int pieces;
	size_t len;	  /* of all pieces together */
	uint8_t gso_type; /* as above: several segments made one, or never cut */
	uint16_t gso_size;
	bool checksum_good; /* TCP's or UDP's checksum need not be looked at: from the same host, or
			       checked; it may be blank */
	/*
	 * May its pages be taken? If not: it is one piece in a page that the back end can still write
	 * to, to be copied out once, looking only at the copy; or so many pages are lent that this
	 * one must be copied. Pages that may be taken are out of the back end's reach.
	 */
	bool lendable;
};

/*
 * The user of a network device. Callbacks run at a safe point, inside an event handler or in the
 * bus's thread, and must not block. NULL callbacks are not called.
 */
struct netfront_client {
	/*
	 * A frame has come. True: the client takes its pages, each of which it gives back with
	 * netfront_page_free. False: it has copied what it wants, or wants nothing.
	 */
	bool (*receive)(void *context, const struct netfront_received *frame);

	/* What was lent by a netfront_send that returned 1 is the sender's again. */
	void (*sent)(void *context, void *owner);

	/* After netfront_send returned -EAGAIN: there is room again. */
	void (*writable)(void *context);

	/* The device came up, or went down: closed, failed, its backend or carrier gone. */
	void (*link)(void *context, bool up);

	/* The device has been unplugged: nothing comes any more, and no call is allowed from now on
	 * but netfront_page_free. Pages that are lent come back by client->sent before. */
	void (*removed)(void *context);

	void *context;
};

/* In use on the present connection; while the link is down, on the last one. */
struct netfront_features {
	bool scatter_gather;		   /* frames in several pieces, either way */
	bool checksum_ipv4, checksum_ipv6; /* offload, either way */
	bool gso_ipv4, gso_ipv6;	   /* frames longer than the mtu, either way */
	bool split_channels;
	bool multicast_control;
	bool mtu;  /* the toolstack's, rather than Ethernet's */
	bool lend; /* pages are lent, not copied */
	unsigned int queues;
};

struct netfront_info {
	unsigned int index; /* the lowest that no other device had when this one was found */
	uint8_t mac[6];
	uint16_t mtu;
	bool link;
	struct netfront_features features;
};

/* As ethtool names them, where it has a name. */
struct netfront_stats {
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_busy;    /* netfront_send refused with -EAGAIN */
	uint64_t tx_errors;  /* frames that the backend reported as not sent */
	uint64_t tx_dropped; /* frames lost with a connection that ended */
	uint64_t tx_gso;     /* frames longer than the mtu */
	uint64_t tx_lent;    /* pages lent to the backend as they lay */
	uint64_t rx_packets, rx_bytes;
	uint64_t rx_errors;    /* the backend reported an error in place of a frame */
	uint64_t rx_dropped;   /* frames this driver does not take: too long, too short … */
	uint64_t rx_unclaimed; /* frames that came while no client was there */
	uint64_t rx_gso, rx_lent;
	uint64_t rx_nobuf; /* frames copied or dropped since too many pages are lent */
	/* Held now: pages to receive in, lent ones included; pages for copies out; grants of both. */
	uint64_t pages_kept, copies_kept, grants_kept;
	uint64_t violations;  /* the backend broke the protocol; each costs a reconnection */
	uint64_t events;      /* events handled */
	uint64_t notifies;    /* notifications sent, one hypercall each */
	uint64_t connections; /* times the device was connected */
};

/*
 * The index-th network device, in the order of their numbers in xenstore, or NULL if there are
 * not that many. Valid until client->removed. To be called when xenbus_devices_ready has returned.
 */
struct netfront *netfront_open(unsigned int index);

/* Called, if set, in the bus's thread when a device has been plugged in after that. May block. */
extern void (*netfront_arrived_hook)(struct netfront *nf);

/* Whose frames these are; NULL for nobody's. Calls client->link at once if the link is up. */
void netfront_set_client(struct netfront *nf, const struct netfront_client *client);

void netfront_info(const struct netfront *nf, struct netfront_info *info);
void netfront_stats(const struct netfront *nf, struct netfront_stats *stats);

/*
 * Sends a frame. Never blocks. 0: all of it was copied. 1: some of it is lent until client->sent
 * gets packet->owner. -EAGAIN: there is no room, and client->writable tells when to try again.
 * -EMSGSIZE: shorter than its header, longer than the mtu or NETFRONT_FRAME_MAX allows, or in more
 * pages than a frame can take. -EOPNOTSUPP: asks for what is not in netfront_features.
 * -ENETDOWN: the link is down. -ENOMEM: no page, or no grant for one, to copy it to.
 *
 * Frames that follow each other closely are shown to the back end together: at the latest at the
 * next safe point, or when NETFRONT_BATCH of them are waiting.
 */
int netfront_send(struct netfront *nf, const struct netfront_packet *packet);

#define NETFRONT_BATCH	    32u

#define NETFRONT_QUEUES_MAX 4u

/* A page that client->receive took, back to the driver: from any thread, not from a callback. */
void netfront_page_free(struct netfront_page *page);

/*
 * Frames to a group: with multicast control the back end passes on those to groups that were
 * joined. Kept over reconnections. 0, or -ENOSPC: too many groups, all of them are now passed on.
 */
int netfront_multicast(struct netfront *nf, const uint8_t group[6], bool join);

#endif
