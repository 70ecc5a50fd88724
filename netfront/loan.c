/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of somebody else's that the back end reads where they lie, by frames. A loan ends, and its
 * owner is told, when every page of it has come back. A back end that has answered a request but
 * keeps the page mapped delays that for as long as it does: the owner's memory is not used for
 * anything else meanwhile, because the back end could still read it.
 */
#include "netfront/device.h"

#include "unikernel/core/gnttab.h"

void loan_init(struct netfront_queue *queue)
{
	struct netfront_tx *tx = &queue->tx;

	tx->loan_unused = 0;
	for (uint16_t i = 0; i < RING_SLOTS; i++)
		tx->loan[i] = (struct loan){.queue = queue,
					    .next = i + 1u < RING_SLOTS ? (uint16_t)(i + 1) : NONE};
}

static void loan_close(struct netfront_queue *queue, struct loan *loan)
{
	loan->next = queue->tx.loan_unused;
	queue->tx.loan_unused = (uint16_t)(loan - queue->tx.loan);
	queue->tx.loans--;
}

uint16_t loan_open(struct netfront_queue *queue)
{
	struct netfront_tx *tx = &queue->tx;
	uint16_t number = tx->loan_unused;

	if (number == NONE)
		return NONE;
	tx->loan_unused = tx->loan[number].next;
	tx->loan[number].owner = NULL;
	tx->loan[number].pages = 0;
	tx->loans++;
	return number;
}

int loan_grant(struct netfront_queue *queue, uint16_t loan, const void *page, grant_ref_t *ref)
{
	int error = gnttab_grant(queue->nf->device->backend_id, page, true, ref);

	if (error == 0)
		queue->tx.loan[loan].pages++;
	return error;
}

static void page_back(void *arg)
{
	struct loan *loan = arg;
	struct netfront_queue *queue = loan->queue;
	struct netfront *nf = queue->nf;
	void *owner = loan->owner;

	if (--loan->pages > 0)
		return;
	loan_close(queue, loan);
	if (owner != NULL && nf->client != NULL && nf->client->sent != NULL)
		nf->client->sent(nf->client->context, owner);
	netfront_let_go(nf);
}

int loan_end(struct netfront_queue *queue, uint16_t loan, grant_ref_t ref)
{
	return gnttab_end_then(ref, page_back, &queue->tx.loan[loan]);
}

void loan_cancel(struct netfront_queue *queue, uint16_t loan)
{
	if (queue->tx.loan[loan].pages == 0)
		loan_close(queue, &queue->tx.loan[loan]);
}
