/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is owed, from the list to the disk and back onto the ring.
 *
 * What blkback promises of the order is little: any that are owed may be done in any. A barrier
 * waits for those before it and holds up those behind it. A flush covers the writes that were
 * answered before it was taken; so does a barrier, whose own data goes to the cache.
 */
#include "tests/unit/fake/blkback.h"

#include <stdlib.h>
#include <string.h>

static void push(struct fake_blk_queue *queue, struct blkif_response response)
{
	int notify;

	*RING_GET_RESPONSE(&queue->ring, queue->ring.rsp_prod_pvt) = response;
	queue->ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->ring, notify);
	if (notify)
		fake_channel_notify(queue->channel);
}

void fake_blkback_respond(struct fake_blkback *self, unsigned queue, struct blkif_response response)
{
	self->lied = true;
	push(&self->queue[queue], response);
}

static void segment_read(const struct fake_blkback *self, const struct fake_blk_segment *segment,
			 uint64_t at, size_t first)
{
	for (size_t i = 0; i < fake_blk_bytes(segment) / PLATTER_SECTOR; i++)
		if (!self->lazy || (first + i) % self->lazy != 0)
			platter_read(self->platter, at + i * PLATTER_SECTOR,
				     fake_blk_data(segment) + i * PLATTER_SECTOR, PLATTER_SECTOR);
}

static void pages_move(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	const uint64_t start = owed->sector * PLATTER_SECTOR;
	uint64_t at = start;

	for (unsigned i = 0; i < owed->segments; i++) {
		const struct fake_blk_segment *segment = &owed->segment[i];

		if (fake_blk_reads(owed))
			segment_read(self, segment, at, (at - start) / PLATTER_SECTOR);
		else
			platter_write(self->platter, at, fake_blk_data(segment),
				      fake_blk_bytes(segment));
		at += fake_blk_bytes(segment);
	}
}

static void request_do(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	if (owed->does == BLKIF_OP_DISCARD) {
		platter_discard(self->platter, owed->sector * PLATTER_SECTOR,
				owed->sectors * PLATTER_SECTOR);
		return;
	}
	/* All that a barrier had to wait for has been answered by now. */
	if (fake_blk_flushes(owed))
		platter_flush(self->platter, owed->does == BLKIF_OP_WRITE_BARRIER
						     ? platter_mark(self->platter)
						     : owed->mark);
	pages_move(self, owed);
}

/* What was in the pages must be there still, and then they are the guest's again. */
static void owed_end(struct fake_blkback *self, struct fake_blk_owed *owed)
{
	size_t at = 0;

	for (unsigned i = 0; i < owed->segments; i++) {
		struct fake_blk_segment *segment = &owed->segment[i];

		if (owed->was && !self->lied &&
		    memcmp(owed->was + at, fake_blk_data(segment), fake_blk_bytes(segment)) != 0)
			fake_violation("a write changed before it was answered (sector %llu)",
				       (unsigned long long)owed->sector);
		at += fake_blk_bytes(segment);
		fake_blkback_page_unmap(self, segment, fake_blk_reads(owed));
	}
	free(owed->segment);
	free(owed->was);
}

static int16_t status_of(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	if (owed->unknown)
		return BLKIF_RSP_EOPNOTSUPP;
	if (owed->sectors > 0 && owed->sector + owed->sectors > self->offer.sectors)
		return BLKIF_RSP_ERROR;
	return self->judge ? self->judge(self, owed) : self->status;
}

void fake_blkback_answer(struct fake_blkback *self, size_t which, int16_t status)
{
	struct fake_blk_owed owed = self->owed[which];
	struct blkif_response response = {.id = owed.id,
					  .operation = self->literal ? owed.operation : owed.does,
					  .status = status};

	memmove(&self->owed[which], &self->owed[which + 1],
		(--self->owed_count - which) * sizeof(owed));
	if (status == BLKIF_RSP_OKAY)
		request_do(self, &owed);
	owed_end(self, &owed);
	if (self->mangle)
		self->mangle(&response);
	push(&self->queue[owed.queue], response);
}

/* Those that may be answered next: up to the first barrier, which must be alone. */
static size_t ripe(const struct fake_blkback *self)
{
	size_t ready = 0;

	for (; ready < self->owed_count; ready++) {
		const struct fake_blk_owed *owed = &self->owed[ready];

		if (self->delay_ns && fake_clock_ns() < owed->at_ns + self->delay_ns)
			break;
		if (owed->does == BLKIF_OP_WRITE_BARRIER)
			return ready > 0 ? ready : 1;
	}
	return ready;
}

static size_t next(struct fake_blkback *self, size_t ready)
{
	switch (self->order) {
	case FAKE_NEWEST_FIRST:
		return ready - 1;
	case FAKE_ANY_ORDER:
		self->seed = self->seed * 1664525u + 1013904223u;
		return (self->seed >> 16) % ready;
	default:
		return 0;
	}
}

static size_t answer(struct fake_blkback *self, size_t most)
{
	size_t answered = 0, ready;

	for (; answered < most && (ready = ripe(self)) > 0; answered++) {
		const size_t which = next(self, ready);

		fake_blkback_answer(self, which, status_of(self, &self->owed[which]));
	}
	return answered;
}

void fake_blkback_release(struct fake_blkback *self)
{
	const uint64_t delay_ns = self->delay_ns;

	self->delay_ns = 0;
	(void)answer(self, SIZE_MAX);
	self->delay_ns = delay_ns;
}

void fake_blkback_drop(struct fake_blkback *self)
{
	for (size_t i = 0; i < self->owed_count; i++)
		owed_end(self, &self->owed[i]);
	self->owed_count = 0;
}

static void due(void *arg)
{
	((struct fake_blkback *)arg)->ticking = false;
}

static void tick(struct fake_blkback *self)
{
	if (!self->delay_ns || self->ticking || self->hold || !self->owed_count)
		return;
	self->ticking = true;
	fake_timer_add(self->owed[0].at_ns + self->delay_ns, due, self);
}

/* What is due now. */
bool fake_blkback_answer_some(struct fake_blkback *self)
{
	size_t done = 0;

	if (!self->hold)
		done = answer(self, self->batch ? self->batch : SIZE_MAX);
	tick(self);
	return done > 0 || (!self->hold && ripe(self) > 0);
}
