/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtual interface: netfront below, an Ethernet netif of lwIP above.
 *
 *	netfront's receive ──copy──> rx queue ──┐              ┌──> lwIP's input
 *	  (event handler)                       ├── thread ────┤
 *	netfront's writable ────────────────────┘   "net"      └──> tx queue ──> netfront_send
 *	lwIP's output ──> netfront_send, and only what it refuses: tx queue
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
#include "unikernel/net/packet_queue.h"

#define VIF_RX_QUEUE 256

struct vif_stats {
	uint64_t rx_dropped; /* no memory, or the queue was full */
	uint64_t tx_dropped;
	uint64_t tx_waited; /* frames that found netfront's ring full */
};

struct vif {
	struct netif netif; /* netif.state points back here */
	struct netfront *front;
	struct netfront_client client;
	unsigned int index; /* 0 for the first */
	struct packet_queue rx, tx;
	bool link, link_changed;
	struct vif_stats stats;
	struct vif *next;
};

/*
 * Makes the interface of the index-th network device and gives it to lwIP, administratively down
 * and without an address.  NULL if there is no such device or no memory.
 */
struct vif *vif_open(unsigned int index);

/* All of them, linked by ->next in the order of their numbers. */
extern struct vif *vif_first;

/* Starts the thread. */
int vif_thread_start(void);

#endif
