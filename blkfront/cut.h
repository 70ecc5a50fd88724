/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a request's data is cut into segments, each of which shows the back end a part of one page:
 *
 *	pieces     |------------------- a --------------------|-- b --|
 *	pages      |      |            |            |            |
 *	lending    |copied|    lent    |    lent    |copy |copied|
 *	copying    |  copied    |  copied    |  copied    |cop|copied |
 *
 * Granting a page shows it whole: so only pages that a piece fills are lent, and what lies before the
 * first of them is cut off there. When nothing is lent, or memory begins within a sector so that
 * no cut of whole sectors leads to a page, the data is cut into as few copies as hold it.
 */
#ifndef LODGER_BLKFRONT_CUT_H
#define LODGER_BLKFRONT_CUT_H

#include "blkfront/device.h"

struct cut {
	char *data;
	uint16_t len;
	bool lend; /* it is a whole page, and may be granted as it lies */
};

/* What of a request's data goes into its next segment. */
static inline struct cut cut_next(const struct blkfront *bf, const struct blkfront_request *request)
{
	size_t left = request->len - request->issued, len, at;
	char *data = (char *)request->data + request->issued;

	if (request->pieces > 0) {
		const struct blkfront_piece *piece = &request->piece[request->piece_at];

		data = (char *)piece->data + request->piece_from;
		left = piece->len - request->piece_from;
	}
	at = (uintptr_t)data & PAGE_MASK;
	len = left < PAGE_SIZE ? left : PAGE_SIZE;
	if (bf->info.features.lend && at != 0 && (at & (bf->info.sector_size - 1)) == 0 &&
	    left >= 2 * PAGE_SIZE - at)
		len = PAGE_SIZE - at;
	return (struct cut){
		.data = data,
		.len = (uint16_t)len,
		.lend = bf->info.features.lend && at == 0 && len == PAGE_SIZE,
	};
}

/* It has. */
static inline void cut_take(struct blkfront_request *request, size_t len)
{
	request->issued += len;
	request->piece_from += len;
	if (request->pieces > 0 && request->piece_from == request->piece[request->piece_at].len) {
		request->piece_at++;
		request->piece_from = 0;
	}
}

#endif
