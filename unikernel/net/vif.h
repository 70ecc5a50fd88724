/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual interface: netfront below, an Ethernet netif of lwIP above.
 *
 *	netfront's receive ──pages, or a copy──> rx queue ──┐              ┌──> lwIP's input
 *	  (event handler)                                   ├── thread ────┤
 *	netfront's writable ────────────────────────────────┘   "net"      └──> tx queue ──┐
 *	lwIP's output ──> burst: TCP segments that follow each other ──> netfront_send <───┘
 *	                                  └─> while netfront has no room: tx queue
 *
 * vif.c: the interface and the thread; vif_in.c and vif_out.c: the two directions; burst.c: many
 * segments made one frame; segment.c: lwIP is given segments larger than the peer's, for that.
 *
 * Event handlers only queue and wake: the thread takes the core lock once for all the frames that
 * came in one turn.  Both queues are bounded; beyond the bound frames are dropped.
 *
 * The transmit queue has room for all that the network's memory can hold.  A TCP whose segment is
 * refused tries again with the next acknowledgement or after a second, whichever comes first; with
 * hundreds of connections and a short queue some would only ever meet it full.
 */
#ifndef LODGER_NET_VIF_H
#define LODGER_NET_VIF_H

#include <stdbool.h>

#include <lwip/netif.h>

#include "netfront/netfront.h"
#include "unikernel/core/timer.h"
#include "unikernel/net/packet_queue.h"

#define VIF_RX_QUEUE 256

/*
 * What lwIP believes of our mtu.  Whether a packet is cut is decided below it (vif_out.c): those of
 * TCP are the back end's to cut, or burst.c's.
 */
#define VIF_MTU_LWIP UINT16_MAX

/* Of a pbuf on its way in: its TCP or UDP checksum need not be looked at. lwIP uses six of 8 bits. */
#define VIF_PBUF_CHECKED 0x80u

struct vif_stats {
	uint64_t rx_dropped; /* no memory, or the queue was full */
	uint64_t tx_dropped;
	uint64_t tx_waited; /* frames that found netfront's ring full */
	uint64_t tx_cut;    /* segments larger than the peer's that the back end cannot cut */
};

struct burst;

struct vif {
	struct netif netif;	/* netif.state points back here */
	struct netfront *front; /* NULL: it has been unplugged */
	struct netfront_client client;
	unsigned int index; /* 0 for the first */
	struct packet_queue rx, tx;
	struct burst *burst;	    /* being filled; NULL: none */
	struct burst *burst_unused; /* a list */
	struct timer burst_timer;
	uint64_t burst_ns;	   /* when a program last wrote something to its end */
	struct netfront_info info; /* as of the last change of the link */
	bool link, link_changed;
	struct vif_stats stats;
	struct vif *next;
};

/*
 * Makes the interface of a network device and gives it to lwIP, administratively down and without
 * an address.  NULL if there is no memory.  It goes by itself when the device is unplugged.
 */
struct vif *vif_open(struct netfront *front);

/* Takes those out of lwIP whose device is unplugged, before another one takes their place. */
void vif_close_removed(void);

/* All of them, linked by ->next.  To be walked with the core lock held, or without waiting. */
extern struct vif *vif_first;

/* Starts the thread, and tells it that there is work for it. */
int vif_thread_start(void);
void vif_thread_wake(void);

/*
 * Lets the caller wait while frames wait for room, so that a sender of datagrams, whom no window
 * slows, does not fill the queue with what would only be dropped; a second at most. Without the
 * core lock.
 */
void vif_wait_room(void);

/* vif_in.c: netfront's receive; and, with the core lock held, what it has queued to lwIP. */
bool vif_receive(void *context, const struct netfront_received *frame);
void vif_input(struct vif *vif);

/* vif_out.c, with the core lock held: lwIP's output and linkoutput; and what has waited. */
err_t vif_output_ipv4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to);
err_t vif_output_ipv6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to);
err_t vif_linkoutput(struct netif *netif, struct pbuf *p);
void vif_transmit(struct vif *vif);

/* A frame on its way to netfront_send, by its pieces; the headers, if they lie apart, are the first. */
#define VIF_PIECES_MAX 48u

struct headers;

struct vif_frame {
	struct netfront_piece piece[VIF_PIECES_MAX];
	struct netfront_packet packet;
};

/*
 * Adds n bytes of a chain, after the first `skip`.  lend: packet.owner holds the pbufs until netfront
 * is done.  False: more pieces than there is room for.
 */
bool vif_frame_add(struct vif_frame *frame, const struct pbuf *p, size_t skip, size_t n, bool lend);
/*
 * Leaves the checksum of TCP or UDP to the back end, if it finishes those; else puts it into the
 * headers, which begin the first piece.
 */
void vif_frame_checksum(const struct vif *vif, struct vif_frame *frame, const struct headers *h);
/* As netfront_send. */
int vif_frame_send(struct vif *vif, struct vif_frame *frame);

#endif
