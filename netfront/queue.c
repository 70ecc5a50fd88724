/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A queue: a transmit ring and a receive ring, and one event channel for both or one for each. With
 * several queues, each flow keeps to one of them: in the direction out by our hash (plan_flow), in
 * the direction in by netback's.
 */
#include "netfront/device.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"

static void tx_event(void *arg)
{
	struct netfront_queue *queue = arg;

	if (queue->nf->connected)
		tx_reclaim(queue);
}

/* Also of a channel for both: the responses to frames out are looked at while we are here. */
static void rx_event(void *arg)
{
	tx_event(arg);
	rx_serve(arg);
}

static struct netfront_queue *queue_make(struct netfront *nf)
{
	struct netfront_queue *queue = heap_zalloc(sizeof(*queue));

	if (queue != NULL) {
		queue->nf = nf;
		loan_init(queue);
		pages_init(queue);
	}
	return queue;
}

int queue_open(struct netfront *nf, unsigned int number)
{
	domid_t backend = nf->device->backend_id;
	struct netfront_queue *queue = nf->queue[number];
	int error;

	if (queue == NULL)
		queue = nf->queue[number] = queue_make(nf);
	if (queue == NULL)
		return -ENOMEM;
	error = tx_open(queue);
	if (error == 0)
		error = rx_open(queue);
	if (error == 0)
		error = xenbus_channel_open(&queue->rx_channel, backend, rx_event, queue);
	if (error == 0 && nf->features.split_channels)
		error = xenbus_channel_open(&queue->tx_channel, backend, tx_event, queue);
	return error;
}

void queue_close(struct netfront_queue *queue)
{
	xenbus_channel_close(&queue->tx_channel);
	xenbus_channel_close(&queue->rx_channel);
	tx_close(queue);
	rx_close(queue);
}

void queue_start(struct netfront_queue *queue)
{
	timer_set(&queue->rx.again, TIME_POLL, rx_event, queue);
}

void queue_stop(struct netfront_queue *queue)
{
	timer_cancel(&queue->rx.again);
	timer_cancel(&queue->tx.show);
	timer_cancel(&queue->tx.reclaim);
}
