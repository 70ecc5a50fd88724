/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has a back end read what it says? A page that it is to write to still holds what was there before:
 * of another request, if it is one of the pool's. Zeroing each before each read costs as much as
 * copying what was read. So a mark is put at the start of each sector instead, and looked for when the
 * back end says that all is well:
 *
 *	| mark |  old …       | mark |  old …       |   before        of 512 bytes each
 *	| data ……………………………… | mark |  old …       |   after: the second sector was not read
 *
 * The mark is another for each request, and nobody can have written it on the disk who has not seen
 * our memory. A back end sees it, and can put something else in its place: then what it returns is of
 * its own choice, as it always is.
 */
#ifndef LODGER_BLKFRONT_MARK_H
#define LODGER_BLKFRONT_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MARK_EVERY 512u

/* secret: what nobody knows; id: another each time. Multiplied by the golden ratio, as Knuth has it. */
static inline uint64_t mark_of(uint64_t secret, uint64_t id)
{
	return (secret ^ id) * 0x9e3779b97f4a7c15u;
}

static inline void mark_put(char *data, size_t len, uint64_t mark)
{
	for (size_t at = 0; at < len; at += MARK_EVERY)
		memcpy(data + at, &mark, sizeof(mark));
}

/* In memory that the back end cannot write to any more. */
static inline bool mark_left(const char *data, size_t len, uint64_t mark)
{
	bool left = false;

	for (size_t at = 0; at < len; at += MARK_EVERY) {
		uint64_t there;

		memcpy(&there, data + at, sizeof(there));
		left |= there == mark;
	}
	return left;
}

#endif
