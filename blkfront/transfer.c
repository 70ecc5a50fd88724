/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocking transfers of any length at any offset, in up to three parts:
 *
 *        offset                                         offset + len
 *   |......|#######|################################|#####|........|
 *   sector  head     body: whole sectors, in several   tail   sector
 *                    requests that are in flight at once
 *
 * Head and tail go through a sector of their own: read, of which a part is taken; or read, changed
 * in part and written back.
 */
#include <string.h>

#include "blkfront/device.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

/* Requests of one transfer in flight: as many of the largest as there are pages for. */
#define DEPTH (DATA_PAGES / BLKIF_MAX_SEGMENTS_PER_REQUEST)

struct transfer {
	struct waitq changed;
	int status; /* the first error */
	unsigned int in_flight;
	struct blkfront_request *idle;
	struct blkfront_request request[DEPTH];
};

static void transfer_done(struct blkfront_request *request, int status)
{
	struct transfer *transfer = request->context;

	if (transfer->status == 0)
		transfer->status = status;
	transfer->in_flight--;
	request->next = transfer->idle;
	transfer->idle = request;
	waitq_wake_one(&transfer->changed);
}

static void transfer_init(struct transfer *transfer)
{
	memset(transfer, 0, sizeof(*transfer));
	for (size_t i = 0; i < DEPTH; i++) {
		transfer->request[i].done = transfer_done;
		transfer->request[i].context = transfer;
		transfer->request[i].next = transfer->idle;
		transfer->idle = &transfer->request[i];
	}
}

/* Waits for a request that is not in flight, and submits it. */
static void transfer_submit(struct blkfront *bf, struct transfer *transfer, enum blkfront_op op,
			    uint64_t offset, void *data, size_t len)
{
	waitq_wait_until(&transfer->changed, transfer->idle != NULL, TIME_FOREVER);
	if (transfer->status != 0)
		return;

	struct blkfront_request *request = transfer->idle;
	transfer->idle = request->next;
	request->op = op;
	request->offset = offset;
	request->data = data;
	request->len = len;
	transfer->in_flight++;
	int error = blkfront_submit(bf, request);
	if (error != 0)
		transfer_done(request, error);
}

static int transfer_finish(struct transfer *transfer)
{
	waitq_wait_until(&transfer->changed, transfer->in_flight == 0, TIME_FOREVER);
	return transfer->status;
}

/* Whole sectors. */
static int transfer_body(struct blkfront *bf, enum blkfront_op op, uint64_t offset, char *data,
			 size_t len)
{
	struct transfer transfer;

	transfer_init(&transfer);
	while (len > 0 && transfer.status == 0) {
		size_t piece = len < BLKFRONT_REQUEST_MAX ? len : BLKFRONT_REQUEST_MAX;

		transfer_submit(bf, &transfer, op, offset, data, piece);
		offset += piece;
		data += piece;
		len -= piece;
	}
	return transfer_finish(&transfer);
}

/* A part of one sector. */
static int transfer_edge(struct blkfront *bf, enum blkfront_op op, uint64_t offset, char *data,
			 size_t len)
{
	size_t size = bf->info.sector_size, at = offset & (size - 1);
	char *sector = heap_alloc(size);

	if (sector == NULL)
		return -ENOMEM;
	int error = transfer_body(bf, BLKFRONT_READ, offset - at, sector, size);
	if (error == 0 && op == BLKFRONT_READ) {
		memcpy(data, sector + at, len);
	} else if (error == 0) {
		memcpy(sector + at, data, len);
		error = transfer_body(bf, BLKFRONT_WRITE, offset - at, sector, size);
	}
	heap_free(sector);
	return error;
}

static int transfer_any(struct blkfront *bf, enum blkfront_op op, uint64_t offset, char *data,
			size_t len)
{
	size_t sector = bf->info.sector_size, at = offset & (sector - 1);
	uint64_t size = bf->info.sectors * sector;
	int error = 0;

	if (offset > size || len > size - offset)
		return -EINVAL;
	if (op == BLKFRONT_WRITE && bf->info.readonly)
		return -EROFS;
	if (at != 0) {
		size_t head = len < sector - at ? len : sector - at;

		error = transfer_edge(bf, op, offset, data, head);
		offset += head;
		data += head;
		len -= head;
	}
	size_t tail = len & (sector - 1);
	if (error == 0)
		error = transfer_body(bf, op, offset, data, len - tail);
	if (error == 0 && tail > 0)
		error = transfer_edge(bf, op, offset + len - tail, data + len - tail, tail);
	return error;
}

int blkfront_read(struct blkfront *bf, uint64_t offset, void *data, size_t len)
{
	return transfer_any(bf, BLKFRONT_READ, offset, data, len);
}

int blkfront_write(struct blkfront *bf, uint64_t offset, const void *data, size_t len)
{
	/* Nothing is written to the data of a write; one structure serves both directions. */
	return transfer_any(bf, BLKFRONT_WRITE, offset, (char *)(uintptr_t)data, len);
}

int blkfront_flush(struct blkfront *bf)
{
	struct transfer transfer;

	transfer_init(&transfer);
	transfer_submit(bf, &transfer, BLKFRONT_FLUSH, 0, NULL, 0);
	return transfer_finish(&transfer);
}
