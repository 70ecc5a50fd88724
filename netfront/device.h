/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one network device is made of, for the sources of netfront/ alone.
 *
 *   netfront.c   control plane: finds devices, publishes rings, has them come and go
 *   tx.c         frames out           rx.c   frames in
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

/* Frames on their way out at once, each copied to a buffer of half a page or, if need be, one. */
#define TX_FRAMES 128

struct netfront_tx {
	struct front_ring ring;
	struct shared_page ring_page;
	size_t buffer_size; /* 2048 or 4096 */
	struct shared_page page[TX_FRAMES];
	/* A frame's id is the number of its buffer. */
	bool sent[TX_FRAMES];
	uint16_t unused[TX_FRAMES], unused_count;
	bool blocked; /* netfront_send found no buffer, and its caller wants to be told */
};

/* Pages with the backend for frames to come. */
#define RX_PAGES 128

struct netfront_rx {
	struct front_ring ring;
	struct shared_page ring_page;
	struct shared_page page[RX_PAGES];
	bool posted[RX_PAGES]; /* the page is with the backend; the id is its number */
	bool more_data;	       /* the frame under way goes on in the next response */
};

struct netfront {
	struct xenbus_device *device;
	struct xenbus_channel channel;
	const struct netfront_client *client;
	uint8_t mac[6];
	uint16_t mtu;
	bool up; /* connected, and no violation yet */
	struct timer again;
	struct netfront_tx tx;
	struct netfront_rx rx;
	struct netfront_stats stats;
};

/* A frame without more than its header, and with all that the mtu allows. */
#define FRAME_HEADER 14u

static inline size_t frame_max(const struct netfront *nf)
{
	return FRAME_HEADER + nf->mtu;
}

/* Twins: open may fail half way, close takes what there is. */
int tx_open(struct netfront *nf);
void tx_close(struct netfront *nf);
int rx_open(struct netfront *nf);
void rx_close(struct netfront *nf);

/* Takes back the buffers of frames that are out. */
void tx_reclaim(struct netfront *nf);
/* Hands the frames that have come to the client. True: there are more, come again. */
bool rx_drain(struct netfront *nf);

#endif
