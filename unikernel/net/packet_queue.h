/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets that wait, oldest first: a bounded ring of lwIP's buffers, each with a reference. */
#ifndef LODGER_NET_PACKET_QUEUE_H
#define LODGER_NET_PACKET_QUEUE_H

#include <stdbool.h>

struct pbuf;

struct packet_queue {
	struct pbuf **packet;
	unsigned int first, count, size;
};

/* False if there is no memory.  q->packet is to be freed with net_free(). */
bool packet_queue_init(struct packet_queue *q, unsigned int size);

/* Takes over the caller's reference; false (and it is still the caller's) if the queue is full. */
bool packet_queue_push(struct packet_queue *q, struct pbuf *p);

/* The oldest, or NULL: to look at, and to take out. */
struct pbuf *packet_queue_head(const struct packet_queue *q);
struct pbuf *packet_queue_pop(struct packet_queue *q);

#endif
