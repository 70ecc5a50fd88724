/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocking transfers of any length at any offset, in up to three parts:
 *
 *        offset                                         offset + len
 *   |......|#######|################################|#####|........|
 *   sector  head     body: whole sectors                tail   sector
 *
 * Head and tail go through a sector of the disk's own: read, of which a part is taken; or read,
 * changed in part and written back. One call at a time has it.
 */
#include <errno.h>
#include <string.h>

#include "blkfront/device.h"
#include "unikernel/core/time.h"

struct transfer {
	struct blkfront_request request;
	struct waitq ended;
	bool over;
	int status;
};

static void transfer_done(struct blkfront_request *request, int status)
{
	struct transfer *transfer = request->context;

	transfer->status = status;
	transfer->over = true;
	waitq_wake_all(&transfer->ended);
}

/* One request, to its end. */
static int transfer_wait(struct blkfront *bf, const struct blkfront_request *request)
{
	struct transfer transfer = {.request = *request};
	int error;

	transfer.request.done = transfer_done;
	transfer.request.context = &transfer;
	error = blkfront_submit(bf, &transfer.request);
	if (error != 0)
		return error;
	waitq_wait_until(&transfer.ended, transfer.over, TIME_FOREVER);
	return transfer.status;
}

/* Whole sectors. */
static int transfer_body(struct blkfront *bf, enum blkfront_op op, uint64_t offset, char *data,
			 size_t len)
{
	int error = 0;

	while (len > 0 && error == 0) {
		size_t piece = len < BLKFRONT_REQUEST_MAX ? len : BLKFRONT_REQUEST_MAX;

		error = transfer_wait(
			bf, &(struct blkfront_request){
				    .op = op, .offset = offset, .data = data, .len = piece});
		offset += piece;
		data += piece;
		len -= piece;
	}
	return error;
}

/* A part of one sector. */
static int transfer_edge(struct blkfront *bf, enum blkfront_op op, uint64_t offset, char *data,
			 size_t len)
{
	const size_t size = bf->info.sector_size, at = offset & (size - 1);
	int error;

	waitq_wait_until(&bf->edge_free, !bf->edge_used, TIME_FOREVER);
	bf->edge_used = true;
	error = transfer_body(bf, BLKFRONT_READ, offset - at, bf->edge, size);
	if (error == 0 && op == BLKFRONT_READ) {
		memcpy(data, bf->edge + at, len);
	} else if (error == 0) {
		memcpy(bf->edge + at, data, len);
		error = transfer_body(bf, BLKFRONT_WRITE, offset - at, bf->edge, size);
	}
	bf->edge_used = false;
	waitq_wake_one(&bf->edge_free);
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
	return transfer_wait(bf, &(struct blkfront_request){.op = BLKFRONT_FLUSH});
}

int blkfront_discard(struct blkfront *bf, uint64_t offset, uint64_t len, bool secure)
{
	return transfer_wait(bf, &(struct blkfront_request){.op = BLKFRONT_DISCARD,
							    .offset = offset,
							    .len = len,
							    .secure = secure});
}
