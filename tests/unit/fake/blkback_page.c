/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's pages, in one of two ways:
 *
 *   each time   mapped for a request, and only to be read when it is a write; unmapped before its
 *               answer. A write's grant may be read-only, a read's may not
 *   for good    feature-persistent on both sides: mapped at the grant's first use, always to be
 *               written, whatever the request, and unmapped when the connection ends. Beyond
 *               persistent_max, each time, but still to be written
 */
#include "tests/unit/fake/blkback.h"

#include <string.h>

static bool may_write(const struct fake_blkback *self, bool write)
{
	return self->wish.persistent || write;
}

/* Is there in a page what the guest did not mean to show? */
static void secret_check(const struct fake_blkback *self, const struct fake_blk_segment *segment)
{
	const size_t start = segment->first * PLATTER_SECTOR;
	const size_t end = (segment->last + 1u) * PLATTER_SECTOR;

	if (!self->secret)
		return;
	for (size_t at = 0; at + self->secret_len <= FAKE_PAGE_SIZE; at++)
		if (memcmp(segment->page + at, self->secret, self->secret_len) == 0 &&
		    (at + self->secret_len <= start || at >= end))
			fake_violation("grant %u shows what is none of the back end's business",
				       segment->ref);
}

/* `write`: the back end writes to the page, as for a read of the disk. */
void fake_blkback_page_map(struct fake_blkback *self, struct fake_blk_segment *segment, bool write)
{
	const grant_ref_t ref = segment->ref;
	const bool readonly = !may_write(self, write);
	struct fake_blk_persistent *persistent = &self->persistent[ref % FAKE_GRANTS];
	int status;

	if (self->wish.persistent && ref < FAKE_GRANTS && persistent->page) {
		if (persistent->busy)
			fake_violation("grant %u is in two requests at once", ref);
		segment->page = persistent->page;
		segment->persistent = persistent->busy = true;
	} else {
		segment->page = fake_gnttab_map(FAKE_DOM0, ref, readonly, &status);
		if (!segment->page)
			fake_violation("a request with grant %u: status %d", ref, status);
		self->maps++;
		segment->persistent =
			self->wish.persistent && self->persistent_count < self->persistent_max;
		if (segment->persistent) {
			*persistent = (struct fake_blk_persistent){segment->page, true};
			self->persistent_count++;
		}
	}
	secret_check(self, segment);
}

void fake_blkback_page_unmap(struct fake_blkback *self, struct fake_blk_segment *segment,
			     bool write)
{
	const bool readonly = !may_write(self, write);

	if (segment->persistent)
		self->persistent[segment->ref].busy = false;
	else if (self->keep && self->kept_count < FAKE_GRANTS)
		self->kept[self->kept_count++] = (struct fake_blk_kept){segment->ref, readonly};
	else
		fake_gnttab_unmap(segment->ref, readonly);
	segment->page = NULL;
}

static void persistent_unmap(struct fake_blkback *self, bool busy_too)
{
	for (grant_ref_t ref = 0; ref < FAKE_GRANTS; ref++) {
		struct fake_blk_persistent *persistent = &self->persistent[ref];

		if (!persistent->page || (persistent->busy && !busy_too))
			continue;
		if (self->keep && self->kept_count < FAKE_GRANTS)
			self->kept[self->kept_count++] = (struct fake_blk_kept){ref, false};
		else
			fake_gnttab_unmap(ref, false);
		*persistent = (struct fake_blk_persistent){0};
		self->persistent_count--;
	}
}

void fake_blkback_purge(struct fake_blkback *self)
{
	persistent_unmap(self, false);
}

void fake_blkback_pages_forget(struct fake_blkback *self)
{
	persistent_unmap(self, true);
}

void fake_blkback_let_go(struct fake_blkback *self)
{
	while (self->kept_count > 0) {
		const struct fake_blk_kept *kept = &self->kept[--self->kept_count];

		fake_gnttab_unmap(kept->ref, kept->readonly);
	}
}
