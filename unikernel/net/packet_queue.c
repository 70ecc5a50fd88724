/* SPDX-License-Identifier: BSD-2-Clause */
#include <arch/cc.h>

#include "unikernel/net/packet_queue.h"

bool packet_queue_init(struct packet_queue *q, unsigned int size)
{
	q->packet = net_calloc(size, sizeof(*q->packet));
	q->size = size;
	return q->packet != NULL;
}

bool packet_queue_push(struct packet_queue *q, struct pbuf *p)
{
	if (q->count == q->size)
		return false;
	q->packet[(q->first + q->count++) % q->size] = p;
	return true;
}

struct pbuf *packet_queue_head(const struct packet_queue *q)
{
	return q->count > 0 ? q->packet[q->first] : NULL;
}

struct pbuf *packet_queue_pop(struct packet_queue *q)
{
	struct pbuf *p = packet_queue_head(q);

	if (p) {
		q->first = (q->first + 1) % q->size;
		q->count--;
	}
	return p;
}
