/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Grants. The table is shared with Xen and, through it, with whoever we grant to:
 *
 *	granting                            the other side
 *	frame, domid      (plain stores)
 *	flags = permit    (release: last)   maps: Xen sets GTF_reading / GTF_writing in flags
 *	…                                   unmaps: Xen clears them
 *	ending: flags permit → 0, atomically and only if neither bit is set
 *
 * If it is set the end did not happen: the other side can still write to the page. Then the entry
 * and the page stay as they are and, if the caller wishes, are parked until it lets go.
 */
#include "unikernel/core/gnttab.h"

#include <errno.h>

#include "hypercall/hypercall.h"
#include "hypercall/shared.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/time.h"
#include "unikernel/core/timer.h"

#define ENTRIES_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FRAMES_MAX	  64 /* Xen's usual limit: 32,768 grants */
#define RETRY_NS	  (1000 * TIME_MS)

#define NONE		  0u /* as a next reference; entry 0 is Xen's own use (GNTTAB_NR_RESERVED_ENTRIES) */

/* What we know of an entry, in memory that nobody else reads or writes. */
struct claim {
	enum claim_state { CLAIM_FREE, CLAIM_GRANTED, CLAIM_PARKED } state;
	grant_ref_t next;	 /* in the list of its state, if that has one */
	void (*done)(void *arg); /* of a parked one: who waits for its end */
	void *arg;
};

static struct {
	struct grant_entry_v1 *shared[FRAMES_MAX]; /* where each frame is mapped */
	struct claim *claims[FRAMES_MAX];
	grant_ref_t free, parked; /* heads of lists */
	struct timer retry;
	struct gnttab_stats stats;
} gnttab;

static struct grant_entry_v1 *entry_of(grant_ref_t ref)
{
	return &gnttab.shared[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

static struct claim *claim_of(grant_ref_t ref)
{
	return &gnttab.claims[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

/* The claim on a reference that somebody gave us; NULL if it is not in this state. */
static struct claim *claim_in(grant_ref_t ref, enum claim_state state)
{
	struct claim *claim;

	if (ref / ENTRIES_PER_FRAME >= gnttab.stats.frames)
		return NULL;
	claim = claim_of(ref);
	return claim->state == state ? claim : NULL;
}

static void ref_free(grant_ref_t ref)
{
	*claim_of(ref) = (struct claim){CLAIM_FREE, gnttab.free, NULL, NULL};
	gnttab.free = ref;
	gnttab.stats.unused++;
}

/* The table grows by a frame, of 512 entries. */
static int frame_add(void)
{
	grant_ref_t first = (grant_ref_t)(gnttab.stats.frames * ENTRIES_PER_FRAME);
	struct claim *claims;
	void *page;
	int err;

	if (gnttab.stats.frames == FRAMES_MAX)
		return -ENOSPC;
	claims = heap_zalloc(ENTRIES_PER_FRAME * sizeof(*claims));
	page = page_alloc();
	if (!claims || !page) {
		heap_free(claims);
		page_free(page);
		return -ENOMEM;
	}
	err = arch_map_gnttab_frame((unsigned int)gnttab.stats.frames, page);
	if (err) {
		heap_free(claims);
		if (err != -ENOTRECOVERABLE)
			page_free(page);
		return err;
	}
	gnttab.shared[gnttab.stats.frames] = page;
	gnttab.claims[gnttab.stats.frames++] = claims;
	/* The lowest is to be taken first. The first few of all belong to Xen and its tools. */
	for (grant_ref_t ref = first + ENTRIES_PER_FRAME; ref-- > first;)
		if (ref >= GNTTAB_NR_RESERVED_ENTRIES)
			ref_free(ref);
		else
			claim_of(ref)->state = CLAIM_PARKED; /* on no list: never ours */
	return 0;
}

int gnttab_grant(domid_t dom, const void *page, bool readonly, grant_ref_t *ref)
{
	struct grant_entry_v1 *entry;
	struct claim *claim;

	if (!gnttab.free) {
		int err = frame_add();

		if (err)
			return err == -ENOMEM ? err : -ENOSPC;
	}
	*ref = gnttab.free;
	claim = claim_of(*ref);
	gnttab.free = claim->next;
	*claim = (struct claim){CLAIM_GRANTED, NONE, NULL, NULL};
	gnttab.stats.unused--;
	gnttab.stats.in_use++;

	entry = entry_of(*ref);
	entry->frame = (uint32_t)arch_va_to_gfn(page);
	entry->domid = dom;
	/* Last: from here on the other side may map the page. */
	store_release(&entry->flags, (uint16_t)(GTF_permit_access | (readonly ? GTF_readonly : 0)));
	return 0;
}

#define MAPPED (GTF_reading | GTF_writing)

bool gnttab_mapped(grant_ref_t ref)
{
	return claim_in(ref, CLAIM_GRANTED) && (access_once(entry_of(ref)->flags) & MAPPED);
}

/* Takes the permission back, unless the page is mapped. */
static bool revoke(grant_ref_t ref)
{
	uint16_t *flags = &entry_of(ref)->flags;
	uint16_t seen = access_once(*flags);

	do {
		if (seen & MAPPED)
			return false;
		/* Fully ordered: what the other side wrote is visible before we go on. */
	} while (!__atomic_compare_exchange_n(flags, &seen, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

static void released(grant_ref_t ref)
{
	gnttab.stats.in_use--;
	ref_free(ref);
}

int gnttab_end(grant_ref_t ref)
{
	if (!claim_in(ref, CLAIM_GRANTED))
		return -EINVAL;
	if (!revoke(ref))
		return -EBUSY;
	released(ref);
	return 0;
}

/* Frees the parked pairs that the other side has let go. */
static void parked_retry(void *arg)
{
	grant_ref_t ref = gnttab.parked;

	(void)arg;
	gnttab.parked = NONE;
	while (ref != NONE) {
		struct claim *claim = claim_of(ref);
		struct claim parked = *claim;
		grant_ref_t next = claim->next;

		if (revoke(ref)) {
			gnttab.stats.parked--;
			released(ref);
			parked.done(parked.arg);
		} else {
			claim->next = gnttab.parked;
			gnttab.parked = ref;
		}
		ref = next;
	}
	if (gnttab.parked != NONE)
		timer_set(&gnttab.retry, time_in(RETRY_NS), parked_retry, NULL);
}

int gnttab_end_then(grant_ref_t ref, void (*done)(void *arg), void *arg)
{
	int err = gnttab_end(ref);

	if (!err)
		done(arg);
	if (err != -EBUSY)
		return err;
	if (gnttab.parked == NONE) {
		log_warn("grant %u is still mapped by the other side: parked", ref);
		timer_set(&gnttab.retry, time_in(RETRY_NS), parked_retry, NULL);
	}
	*claim_of(ref) = (struct claim){CLAIM_PARKED, gnttab.parked, done, arg};
	gnttab.parked = ref;
	gnttab.stats.parked++;
	return err;
}

int gnttab_end_and_free(grant_ref_t ref, void *page)
{
	int err = gnttab_end_then(ref, page_free, page);

	return err == -EBUSY ? 0 : err;
}

void gnttab_stats(struct gnttab_stats *stats)
{
	*stats = gnttab.stats;
}

static int grant_stats(char *buf, size_t size)
{
	return format(buf, size, "grants %zu\ngrants_parked %zu\ngrants_unused %zu\n",
		      gnttab.stats.in_use, gnttab.stats.parked, gnttab.stats.unused);
}
STATS(grant_stats);
