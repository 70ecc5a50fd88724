/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests, from the ring into the list of what is owed: copied, checked as blkback checks them, and
 * their pages mapped.
 *
 *   direct     operation | segments 1 … 11, none of a flush
 *   indirect   BLKIF_OP_INDIRECT, what to do | pages 1 … 8 ──► segments, 512 in each
 *   discard    BLKIF_OP_DISCARD | sectors from, how many
 */
#include "tests/unit/fake/blkback.h"

#include <stdlib.h>
#include <string.h>

#define SEGMENTS_A_PAGE (FAKE_PAGE_SIZE / sizeof(struct blkif_request_segment))

static void segment_take(struct fake_blkback *self, struct fake_blk_owed *owed, unsigned index,
			 const struct blkif_request_segment *segment)
{
	const unsigned whole = self->offer.sector_size / PLATTER_SECTOR;

	if (segment->first_sect > segment->last_sect || segment->last_sect > 7)
		fake_violation("sectors %u to %u of a page", segment->first_sect,
			       segment->last_sect);
	if (segment->first_sect % whole || (segment->last_sect + 1u) % whole)
		fake_violation("a segment that splits a sector of %u bytes",
			       self->offer.sector_size);
	owed->segment[index] = (struct fake_blk_segment){
		.ref = segment->gref, .first = segment->first_sect, .last = segment->last_sect};
	owed->sectors += segment->last_sect - segment->first_sect + 1u;
}

static void direct_take(struct fake_blkback *self, struct fake_blk_owed *owed,
			const struct blkif_request *request)
{
	if (request->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST ||
	    (!request->nr_segments && !fake_blk_flushes(owed)))
		fake_violation("a request of %u segments", request->nr_segments);
	owed->sector = request->sector_number;
	owed->segments = request->nr_segments;
	owed->segment = calloc(owed->segments + 1, sizeof(*owed->segment));
	for (unsigned i = 0; i < owed->segments; i++)
		segment_take(self, owed, i, &request->seg[i]);
}

/* The pages with the segments in them are only looked at now; a private copy is checked. */
static void indirect_take(struct fake_blkback *self, struct fake_blk_owed *owed,
			  const struct blkif_request_indirect *request)
{
	struct blkif_request_segment copy[SEGMENTS_A_PAGE];

	if (!self->offer.indirect)
		fake_violation("an indirect request, and none were offered");
	if (!request->nr_segments || request->nr_segments > self->offer.indirect)
		fake_violation("an indirect request of %u segments", request->nr_segments);
	if (request->indirect_op != BLKIF_OP_READ && request->indirect_op != BLKIF_OP_WRITE)
		fake_violation("an indirect request to do %u", request->indirect_op);
	owed->does = request->indirect_op;
	owed->sector = request->sector_number;
	owed->segments = request->nr_segments;
	owed->segment = calloc(owed->segments, sizeof(*owed->segment));
	for (unsigned done = 0; done < owed->segments; done += SEGMENTS_A_PAGE) {
		struct fake_blk_segment page = {
			.ref = request->indirect_grefs[owed->indirect_pages++], .last = 7};

		fake_blkback_page_map(self, &page, false);
		memcpy(copy, page.page, sizeof(copy));
		fake_blkback_page_unmap(self, &page, false);
		for (unsigned i = 0; i < SEGMENTS_A_PAGE && done + i < owed->segments; i++)
			segment_take(self, owed, done + i, &copy[i]);
	}
	self->indirects++;
}

static void discard_take(struct fake_blkback *self, struct fake_blk_owed *owed,
			 const struct blkif_request_discard *request)
{
	if (!self->offer.discard)
		fake_violation("a discard, and none was offered");
	if (request->flag & ~BLKIF_DISCARD_SECURE)
		fake_violation("a discard with the flags %#x", request->flag);
	owed->secure = request->flag & BLKIF_DISCARD_SECURE;
	if (owed->secure && !self->offer.discard_secure)
		fake_violation("a secure discard, and none was offered");
	owed->sector = request->sector_number;
	owed->sectors = request->nr_sectors;
	if (!owed->sectors)
		fake_violation("a discard of nothing");
}

static void range_check(const struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	const unsigned whole = self->offer.sector_size / PLATTER_SECTOR;

	if (!fake_blk_reads(owed) && self->offer.info & VDISK_READONLY && owed->sectors > 0)
		fake_violation("a write to a read-only disk");
	if (owed->sector % whole || owed->sectors % whole)
		fake_violation("sectors %llu+%llu split those of %u bytes",
			       (unsigned long long)owed->sector, (unsigned long long)owed->sectors,
			       self->offer.sector_size);
	/* A disk that has just shrunk may be asked for what is no more there. */
	if (owed->sector + owed->sectors < owed->sector)
		fake_violation("sectors %llu+%llu", (unsigned long long)owed->sector,
			       (unsigned long long)owed->sectors);
	if (owed->sectors > 0 && owed->sector + owed->sectors > self->told)
		fake_violation("beyond the end of the disk");
}

static void pages_take(struct fake_blkback *self, struct fake_blk_owed *owed)
{
	size_t at = 0;

	if (!fake_blk_reads(owed))
		owed->was = malloc(owed->sectors * PLATTER_SECTOR + 1);
	for (unsigned i = 0; i < owed->segments; i++) {
		struct fake_blk_segment *segment = &owed->segment[i];

		fake_blkback_page_map(self, segment, fake_blk_reads(owed));
		if (owed->was && !(fake_gnttab_entry(segment->ref)->flags & GTF_readonly))
			self->writable++;
		if (owed->was)
			memcpy(owed->was + at, fake_blk_data(segment), fake_blk_bytes(segment));
		at += fake_blk_bytes(segment);
	}
}

static void count(struct fake_blkback *self, const struct fake_blk_owed *owed)
{
	const bool write = !fake_blk_reads(owed) && owed->does != BLKIF_OP_DISCARD;

	self->reads += fake_blk_reads(owed);
	self->writes += owed->does == BLKIF_OP_WRITE;
	self->flushes += owed->does == BLKIF_OP_FLUSH_DISKCACHE;
	self->barriers += owed->does == BLKIF_OP_WRITE_BARRIER;
	self->discards += owed->does == BLKIF_OP_DISCARD;
	self->secure_discards += owed->secure;
	self->segments += owed->segments;
	self->sectors_read += fake_blk_reads(owed) ? owed->sectors : 0;
	self->sectors_written += write ? owed->sectors : 0;
	if (owed->segments > self->most_segments)
		self->most_segments = owed->segments;
	if (self->owed_count > self->most_owed)
		self->most_owed = (unsigned)self->owed_count;
	if (self->seen_count < FAKE_BLOCK_SEEN)
		self->seen[self->seen_count++] =
			(struct fake_blk_seen){.queue = owed->queue,
					       .segments = owed->segments,
					       .operation = owed->operation,
					       .does = owed->does,
					       .secure = owed->secure,
					       .sector = owed->sector,
					       .sectors = owed->sectors};
}

static void owe(struct fake_blkback *self, unsigned queue, const struct blkif_request *slot)
{
	struct fake_blk_owed *owed = &self->owed[self->owed_count];
	struct blkif_request_indirect indirect;
	struct blkif_request_discard discard;

	if (self->owed_count++ == FAKE_BLOCK_OWED)
		fake_violation("more requests than the fake can hold");
	/* Which structure a slot holds, its first byte tells; the ids are not at one place in all. */
	memcpy(&indirect, slot, sizeof(indirect));
	memcpy(&discard, slot, sizeof(discard));
	*owed = (struct fake_blk_owed){.queue = queue,
				       .nth = self->taken++,
				       .operation = slot->operation,
				       .does = slot->operation,
				       .id = slot->operation == BLKIF_OP_INDIRECT ? indirect.id
										  : slot->id,
				       .mark = platter_mark(self->platter),
				       .at_ns = fake_clock_ns()};
	for (size_t i = 0; i + 1 < self->owed_count; i++)
		if (self->owed[i].id == owed->id && self->owed[i].queue == queue)
			fake_violation("id %llu is on its way already",
				       (unsigned long long)owed->id);
	switch (slot->operation) {
	case BLKIF_OP_WRITE_BARRIER:
	case BLKIF_OP_FLUSH_DISKCACHE:
		/* Offered once: a back end may have come that does not know it. */
		if (slot->operation == BLKIF_OP_WRITE_BARRIER ? !self->offer.barrier
							      : !self->offer.flush)
			owed->unknown = true;
		direct_take(self, owed, slot);
		break;
	case BLKIF_OP_READ:
	case BLKIF_OP_WRITE:
		direct_take(self, owed, slot);
		break;
	case BLKIF_OP_INDIRECT:
		indirect_take(self, owed, &indirect);
		break;
	case BLKIF_OP_DISCARD:
		discard_take(self, owed, &discard);
		break;
	default:
		fake_violation("a request to do %u", slot->operation);
	}
	range_check(self, owed);
	if (owed->does != BLKIF_OP_DISCARD)
		pages_take(self, owed);
	count(self, owed);
}

static size_t requests_take(struct fake_blkback *self, unsigned index)
{
	struct fake_blk_queue *queue = &self->queue[index];
	const RING_IDX prod = __atomic_load_n(&queue->sring->req_prod, __ATOMIC_ACQUIRE);
	size_t taken = 0;

	if (prod - queue->ring.rsp_prod_pvt > RING_SIZE(&queue->ring))
		fake_violation("block ring: %u requests", prod - queue->ring.rsp_prod_pvt);
	for (; queue->ring.req_cons != prod; taken++) {
		const struct blkif_request slot =
			*RING_GET_REQUEST(&queue->ring, queue->ring.req_cons);

		queue->ring.req_cons++;
		owe(self, index, &slot);
	}
	return taken;
}

/* The ring is looked at when the guest says so. */
bool fake_blkback_take(struct fake_blkback *self, unsigned index)
{
	struct fake_blk_queue *queue = &self->queue[index];
	unsigned more = 0;
	size_t taken;

	queue->woken |= fake_channel_take(queue->channel);
	if (!queue->woken || !queue->sring)
		return false;
	taken = requests_take(self, index);
	/* Wants an event when there are more, unless there are some already. */
	RING_FINAL_CHECK_FOR_REQUESTS(&queue->ring, more);
	queue->woken = more;
	return taken > 0 || more;
}
