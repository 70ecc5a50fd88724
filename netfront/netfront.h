/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network front end: Ethernet frames to and from netback, over the plain protocol of
 * xen/io/netif.h – one transmit ring, one receive ring with request-rx-copy, one port; no
 * scatter-gather, no segmentation or checksum offload.
 *
 * A frame here is what goes on an Ethernet wire without preamble and FCS: 14 bytes of header,
 * then at most mtu bytes.
 */
#ifndef LODGER_NETFRONT_NETFRONT_H
#define LODGER_NETFRONT_NETFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netfront;

/*
 * The user of a network device. Callbacks run at a safe point, inside an event handler or in the
 * bus's thread, and must not block. NULL callbacks are not called.
 */
struct netfront_client {
	/*
	 * A frame has come. It lies in a page that the backend can still write to: copy it out
	 * once, and look only at the copy. It is the driver's again when the callback returns.
	 */
	void (*receive)(void *context, const void *frame, size_t len);

	/* After netfront_send returned -EAGAIN: there is room again. */
	void (*writable)(void *context);

	/* The device came up, or went down: closed, failed, its backend gone. */
	void (*link)(void *context, bool up);

	void *context;
};

struct netfront_info {
	uint8_t mac[6];
	uint16_t mtu;
	bool link;
};

struct netfront_stats {
	uint64_t tx_frames, tx_bytes;
	uint64_t tx_full;    /* netfront_send refused with -EAGAIN */
	uint64_t tx_errors;  /* frames that the backend reported as not sent */
	uint64_t tx_dropped; /* frames lost with a connection that ended */
	uint64_t rx_frames, rx_bytes;
	uint64_t rx_errors;  /* the backend reported an error in place of a frame */
	uint64_t rx_dropped; /* frames this driver does not take: in several slots, too long … */
	uint64_t rx_unclaimed; /* frames that came while no client was there */
	uint64_t violations;   /* the backend broke the protocol; each costs a reconnection */
	uint64_t events;       /* events handled */
	uint64_t notifies;     /* notifications sent, one hypercall each */
	uint64_t connections;  /* times the device was connected */
};

/*
 * The index-th network device, in the order of their numbers in xenstore, or NULL if there are
 * not that many. Valid for ever. To be called when xenbus_devices_ready has returned.
 */
struct netfront *netfront_open(unsigned int index);

/* Whose frames these are; NULL for nobody's. Calls client->link at once if the link is up. */
void netfront_set_client(struct netfront *nf, const struct netfront_client *client);

void netfront_info(const struct netfront *nf, struct netfront_info *info);
void netfront_stats(const struct netfront *nf, struct netfront_stats *stats);

/*
 * Sends a frame, which is copied before this returns. Never blocks. -EAGAIN if there is no room:
 * client->writable tells when to try again. -EMSGSIZE if the frame is shorter than its header or
 * longer than the mtu allows, -ENETDOWN if the link is down.
 */
int netfront_send(struct netfront *nf, const void *frame, size_t len);

#endif
