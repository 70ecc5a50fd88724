/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pages that frames come in:
 *
 *	                    pages_post              a frame in it
 *	unused, granted ───────────────► posted ──────────────────► looked at, copied ──► unused
 *	                                                  │
 *	                                                  │ its grant is ended
 *	unused, not granted ◄── netfront_page_free ── lent to the client
 *
 * There are as many as were needed so far: a queue begins with PAGES_FIRST posted, and doubles them
 * when a burst takes more than half. What may be lent besides is bounded, so that frames that
 * nobody consumes cannot take the ring's own pages.
 */
#include <string.h>

#include "netfront/device.h"
#include "unikernel/core/gnttab.h"
#include "unikernel/core/heap.h"

#define PAGES_FIRST 64u

/* Shares of the domain's memory: posted to one queue at most, and lent. */
#define POSTED_SHARE 32u
#define LENT_SHARE   16u
#define LENT_MAX     1024u

/* What a client may have changed in a page that it took: a packet's headers. */
#define HEADERS 128u

static unsigned int at_most(size_t value, unsigned int max)
{
	return value < max ? (unsigned int)value : max;
}

void pages_init(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;
	struct page_stats memory;

	page_stats(&memory);
	rx->target = PAGES_FIRST;
	rx->target_max = at_most(memory.total / POSTED_SHARE, RING_SLOTS - 1);
	if (rx->target_max < PAGES_FIRST)
		rx->target_max = PAGES_FIRST;
	rx->lent_max = at_most(memory.total / LENT_SHARE, LENT_MAX);
}

static struct netfront_page *page_make(struct netfront_queue *queue)
{
	struct netfront_page *page = heap_zalloc(sizeof(*page));

	if (page == NULL)
		return NULL;
	page->data = page_alloc();
	if (page->data == NULL) {
		heap_free(page);
		return NULL;
	}
	/* The back end sees all of it: what was there before is none of its business. */
	memset(page->data, 0, PAGE_SIZE);
	page->queue = queue;
	queue->rx.pages++;
	return page;
}

static void page_unmake(struct netfront_page *page)
{
	page->queue->rx.pages--;
	if (page->granted)
		gnttab_end_and_free(page->ref, page->data);
	else
		page_free(page->data);
	heap_free(page);
}

void pages_return(struct netfront_page *page)
{
	page->next = page->queue->rx.unused;
	page->queue->rx.unused = page;
}

/* An unused page or, if there is none, a new one, for the back end to write to. */
static struct netfront_page *page_take(struct netfront_queue *queue)
{
	struct netfront_page *page = queue->rx.unused;

	if (page != NULL)
		queue->rx.unused = page->next;
	else
		page = page_make(queue);
	if (page == NULL || page->granted)
		return page;
	if (gnttab_grant(queue->nf->device->backend_id, page->data, false, &page->ref) != 0) {
		page_unmake(page);
		return NULL;
	}
	page->granted = true;
	return page;
}

bool pages_post(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;

	while (RING_SLOTS - rx->unused_ids < rx->target && front_ring_room(&rx->ring) > 0) {
		struct netfront_page *page = page_take(queue);
		ring_idx_t slot = ring_slot(rx->ring.req_prod, rx->ring.size);
		uint16_t id;

		if (page == NULL)
			break;
		id = rx->unused_id[--rx->unused_ids];
		rx->posted[id] = page;
		rx->id_at[slot] = id;
		rx_sring(rx)->ring[slot].req =
			(struct netif_rx_request){.id = id, .gref = page->ref};
		rx->ring.req_prod++;
	}
	return front_ring_publish(&rx->ring);
}

void pages_close(struct netfront_queue *queue)
{
	struct netfront_rx *rx = &queue->rx;

	for (uint16_t id = 0; id < RING_SLOTS; id++) {
		if (rx->posted[id] != NULL)
			page_unmake(rx->posted[id]);
		rx->posted[id] = NULL;
	}
	while (rx->unused != NULL) {
		struct netfront_page *page = rx->unused;

		rx->unused = page->next;
		page_unmake(page);
	}
}

unsigned int pages_granted(const struct netfront_queue *queue)
{
	unsigned int count = 0;

	for (size_t id = 0; id < RING_SLOTS; id++)
		count += queue->rx.posted[id] != NULL && queue->rx.posted[id]->granted;
	for (const struct netfront_page *page = queue->rx.unused; page != NULL; page = page->next)
		count += page->granted;
	return count;
}

void *netfront_page_room(struct netfront_page *page)
{
	return page->room;
}

void netfront_page_free(struct netfront_page *page)
{
	struct netfront_queue *queue = page->queue;
	struct netfront_rx *rx = &queue->rx;

	rx->lent--;
	/* There is no ring that it could go to, at all or of this queue. */
	if (!queue->nf->connected || rx->ring_page.data == NULL) {
		page_unmake(page);
		netfront_let_go(queue->nf);
		return;
	}
	memset((char *)page->data + page->offset, 0, at_most(PAGE_SIZE - page->offset, HEADERS));
	pages_return(page);
	/* A ring that ran low may be all that anybody waits for. */
	if (RING_SLOTS - rx->unused_ids < rx->target / 4 && pages_post(queue))
		xenbus_channel_notify(&queue->rx_channel);
}
