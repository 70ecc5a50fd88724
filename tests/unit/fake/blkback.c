/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blkback: sectors to and from an array, page by page through the grants of each request.
 *
 * Sector numbers and first_sect/last_sect count units of 512 bytes whatever the sector size is; so
 * does the node "sectors", in every back end that exists, although blkif.h long said otherwise.
 */
#include "tests/unit/fake/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 512u

static void disconnect(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;

	if (self->sring)
		fake_gnttab_unmap(self->ref, false);
	self->sring = NULL;
	self->held_count = 0;
	fake_channel_close(self->channel);
	self->channel = NULL;
}

static bool connect(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;
	const long long ref = fake_front_number(backend, "ring-ref");
	const long long port = fake_front_number(backend, "event-channel");
	char path[96];
	const char *protocol;
	int status;

	snprintf(path, sizeof(path), "%s/protocol", backend->front);
	protocol = fake_store_read(path);
	if (ref < 0 || port <= 0 || (protocol && strcmp(protocol, "x86_64-abi") != 0))
		return false;
	self->ref = (grant_ref_t)ref;
	self->sring = fake_gnttab_map(FAKE_DOM0, self->ref, false, &status);
	self->channel = fake_channel_bind(FAKE_DOM0, (evtchn_port_t)port);
	if (!self->sring || !self->channel) {
		disconnect(backend);
		return false;
	}
	self->ring = (struct blkif_back_ring){.rsp_prod_pvt = self->sring->rsp_prod,
					      .req_cons = self->sring->rsp_prod,
					      .nr_ents = FAKE_BLOCK_SLOTS,
					      .sring = self->sring};
	/* blkback tells the size when it has connected to its disk, which is now. */
	snprintf(path, sizeof(path), "%s/sectors", backend->back);
	fake_store_write(path, "%llu", (unsigned long long)self->sectors);
	snprintf(path, sizeof(path), "%s/sector-size", backend->back);
	fake_store_write(path, "%u", self->sector_size);
	snprintf(path, sizeof(path), "%s/info", backend->back);
	fake_store_write(path, "%d", self->readonly ? 4 : 0);
	snprintf(path, sizeof(path), "%s/feature-flush-cache", backend->back);
	fake_store_write(path, "%d", self->flush);
	return true;
}

static int segment_move(struct fake_blkback *self, const struct blkif_request *request,
			const struct blkif_request_segment *segment, uint64_t *at)
{
	const size_t offset = segment->first_sect * UNIT;
	const size_t len = (segment->last_sect - segment->first_sect + 1u) * UNIT;
	static uint8_t buffer[FAKE_PAGE_SIZE];
	int status;

	for (size_t done = 0; done < len; done += UNIT) {
		const uint64_t byte = *at + done;
		const bool inside = byte + UNIT <= self->disk_bytes;

		if (request->operation == BLKIF_OP_READ) {
			memset(buffer, 0, UNIT);
			if (inside)
				memcpy(buffer, self->disk + byte, UNIT);
			status = fake_gnttab_copy_to(FAKE_DOM0, segment->gref, offset + done,
						     buffer, UNIT);
		} else {
			status = fake_gnttab_copy_from(FAKE_DOM0, segment->gref, offset + done,
						       buffer, UNIT);
			if (inside)
				memcpy(self->disk + byte, buffer, UNIT);
		}
		if (status != GNTST_okay)
			fake_violation("a segment behind grant %u: status %d", segment->gref,
				       status);
	}
	*at += len;
	return BLKIF_RSP_OKAY;
}

static int16_t request_do(struct fake_blkback *self, const struct blkif_request *request)
{
	uint64_t at = request->sector_number * UNIT;

	if (self->status != BLKIF_RSP_OKAY)
		return self->status;
	switch (request->operation) {
	case BLKIF_OP_READ:
		self->reads++;
		break;
	case BLKIF_OP_WRITE:
		self->writes++;
		if (self->readonly)
			fake_violation("a write to a read-only disk");
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		self->flushes++;
		return self->flush ? BLKIF_RSP_OKAY : BLKIF_RSP_EOPNOTSUPP;
	default:
		return BLKIF_RSP_EOPNOTSUPP;
	}
	if (!request->nr_segments || request->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		fake_violation("a request of %u segments", request->nr_segments);
	for (unsigned i = 0; i < request->nr_segments; i++) {
		const struct blkif_request_segment *segment = &request->seg[i];

		if (segment->first_sect > segment->last_sect || segment->last_sect > 7)
			fake_violation("sectors %u to %u of a page", segment->first_sect,
				       segment->last_sect);
		if ((segment->first_sect * UNIT) % self->sector_size ||
		    ((segment->last_sect + 1u) * UNIT) % self->sector_size)
			fake_violation("a segment that splits a sector of %u bytes",
				       self->sector_size);
		if (at / UNIT + segment->last_sect - segment->first_sect + 1 > self->sectors)
			fake_violation("beyond the end of the disk");
		segment_move(self, request, segment, &at);
	}
	return BLKIF_RSP_OKAY;
}

void fake_blkback_respond(struct fake_blkback *self, struct blkif_response response)
{
	int notify;

	if (self->mangle)
		self->mangle(&response);
	*RING_GET_RESPONSE(&self->ring, self->ring.rsp_prod_pvt) = response;
	self->ring.rsp_prod_pvt++;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&self->ring, notify);
	if (notify)
		fake_channel_notify(self->channel);
}

void fake_blkback_release(struct fake_blkback *self)
{
	const size_t count = self->held_count;

	for (size_t i = 0; i < count; i++) {
		const struct blkif_request *request =
			&self->held[self->reversed ? count - 1 - i : i];

		fake_blkback_respond(self,
				     (struct blkif_response){.id = request->id,
							     .operation = request->operation,
							     .status = request_do(self, request)});
	}
	self->held_count = 0;
}

static bool work(struct fake_backend *backend)
{
	struct fake_blkback *self = (struct fake_blkback *)backend;
	size_t taken = 0;
	unsigned more;

	self->woken |= fake_channel_take(self->channel);
	if (self->stopped || !self->sring)
		return false;
	if (!self->hold && self->held_count)
		fake_blkback_release(self);
	if (!self->woken)
		return false;
	self->woken = false;
	if (self->sring->req_prod - self->ring.req_cons > RING_SIZE(&self->ring))
		fake_violation("block ring: %u requests",
			       self->sring->req_prod - self->ring.req_cons);
	while (self->ring.req_cons != __atomic_load_n(&self->sring->req_prod, __ATOMIC_ACQUIRE)) {
		if (self->held_count == FAKE_BLOCK_SLOTS)
			fake_violation("more requests than the ring has slots");
		self->held[self->held_count++] =
			*RING_GET_REQUEST(&self->ring, self->ring.req_cons);
		self->ring.req_cons++;
		taken++;
	}
	RING_FINAL_CHECK_FOR_REQUESTS(&self->ring, more);
	if (!self->hold && self->held_count)
		fake_blkback_release(self);
	return taken > 0 || more;
}

struct fake_blkback *fake_blkback_start(unsigned id, uint64_t sectors, uint32_t sector_size,
					bool readonly, bool flush)
{
	struct fake_blkback *self = calloc(1, sizeof(*self));
	char path[96];

	self->sectors = sectors;
	self->sector_size = sector_size;
	self->readonly = readonly;
	self->flush = flush;
	self->disk_bytes = sectors * UNIT < 1u << 20 ? sectors * UNIT : 1u << 20;
	self->disk = calloc(1, self->disk_bytes);
	self->backend = (struct fake_backend){.type = "vbd",
					      .id = id,
					      .connect = connect,
					      .disconnect = disconnect,
					      .work = work};
	snprintf(path, sizeof(path), "/local/domain/7/device/vbd/%u/virtual-device", id);
	fake_store_write(path, "%u", id);
	snprintf(path, sizeof(path), "/local/domain/7/device/vbd/%u/device-type", id);
	fake_store_write(path, "disk");
	snprintf(path, sizeof(path), "/local/domain/0/backend/vbd/7/%u/mode", id);
	fake_store_write(path, readonly ? "r" : "w");
	fake_backend_start(&self->backend);
	return self;
}
