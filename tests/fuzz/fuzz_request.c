/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: httpd's reading of requests, llhttp's part included.
 * Why:  the bytes are anybody's, in pieces of any size.
 * How:  the same bytes whole and in pieces: both must end alike. Each piece is a block of its own
 *       size, so that a byte read beyond it is seen.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "apps/httpd/request.h"

/* Returns how many requests were whole; *last is as the last one ended. */
static unsigned read_all(struct request *last, const uint8_t *data, size_t size, size_t step)
{
	unsigned whole = 0;
	size_t taken = 0;

	request_init(last);
	while (taken < size) {
		const size_t now = step < size - taken ? step : size - taken;
		char *piece = malloc(now);
		size_t used;

		memcpy(piece, data + taken, now);
		used = request_parse(last, piece, now);
		free(piece);
		taken += used;
		if (used > now || strlen(last->target) > REQUEST_TARGET_MAX ||
		    last->head_size > 2 * REQUEST_HEAD_MAX + size)
			abort();
		for (int header = 0; header < HEADER_COUNT; header++)
			(void)request_value(last, (enum request_header)header);
		if (last->state == REQUEST_REFUSED) {
			if (last->status < 400 || last->status > 599)
				abort();
			break;
		}
		if (last->state == REQUEST_WHOLE) {
			whole++;
			if (taken < size)
				request_next(last);
		} else if (used < now) {
			abort(); /* it wants more, and leaves some */
		}
	}
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request at_once, in_pieces;

	if (size < 2)
		return 0;
	if (read_all(&at_once, data + 1, size - 1, size) !=
		    read_all(&in_pieces, data + 1, size - 1, 1 + data[0] % 32) ||
	    at_once.state != in_pieces.state || at_once.keep_alive != in_pieces.keep_alive ||
	    (at_once.state == REQUEST_WHOLE && strcmp(at_once.target, in_pieces.target) != 0))
		abort();
	return 0;
}
