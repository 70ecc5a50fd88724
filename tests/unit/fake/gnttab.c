/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The grant table (version 1) as Xen reads and writes it for the other side.
 *
 * While a grant is mapped Xen holds GTF_reading, and GTF_writing for a writable mapping, in the
 * entry's flags. Until they are gone the guest may neither clear the entry nor use the page for
 * anything else; the entry is compared with what it was at the map when the mapping goes.
 */
#include "tests/unit/fake/fake.h"

#include <string.h>

#include <xen/errno.h>

struct mapping {
	unsigned readers, writers;
	uint32_t frame; /* as it was at the first map */
	domid_t domid;
};

static struct mapping mappings[FAKE_GRANTS];
/* Where the guest has mapped the frames of the table. */
static grant_entry_v1_t *placed[FAKE_GRANT_FRAMES];
static unsigned frames_made; /* by setup_table */
unsigned fake_gnttab_frames_max = FAKE_GRANT_FRAMES;

int fake_gnttab_place(unsigned index, void *page)
{
	if (index >= frames_made)
		fake_violation("frame %u of the grant table is mapped before it is made", index);
	placed[index] = memset(page, 0, FAKE_PAGE_SIZE);
	return 0;
}

/* NULL where the table does not reach. */
grant_entry_v1_t *fake_gnttab_entry(grant_ref_t ref)
{
	grant_entry_v1_t *frame = ref < FAKE_GRANTS ? placed[ref / FAKE_GRANTS_A_FRAME] : NULL;

	return frame ? &frame[ref % FAKE_GRANTS_A_FRAME] : NULL;
}

static long setup_table(struct gnttab_setup_table *op)
{
	xen_pfn_t *frames;

	if (op->dom != DOMID_SELF) {
		op->status = GNTST_permission_denied;
		return 0;
	}
	if (op->nr_frames > fake_gnttab_frames_max) {
		op->status = GNTST_general_error;
		return 0;
	}
	frames_made = op->nr_frames > frames_made ? op->nr_frames : frames_made;
	frames = op->frame_list.p;
	for (unsigned i = 0; i < op->nr_frames; i++)
		frames[i] = 0xf0000 + i;
	op->status = GNTST_okay;
	return 0;
}

static long query_size(struct gnttab_query_size *op)
{
	op->nr_frames = frames_made ? frames_made : 1;
	op->max_nr_frames = fake_gnttab_frames_max;
	op->status = GNTST_okay;
	return 0;
}

long fake_gnttab_op(unsigned command, void *arg, unsigned count)
{
	if (count != 1)
		return -XEN_EINVAL;
	switch (command) {
	case GNTTABOP_setup_table:
		return setup_table(arg);
	case GNTTABOP_query_size:
		return query_size(arg);
	case GNTTABOP_set_version:
		((struct gnttab_set_version *)arg)->version = 1;
		return 0;
	case GNTTABOP_get_version:
		((struct gnttab_get_version *)arg)->version = 1;
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}

static int entry_check(domid_t domid, grant_ref_t ref, bool write, void **page)
{
	grant_entry_v1_t entry;

	if (!fake_gnttab_entry(ref))
		return GNTST_bad_gntref;
	entry = *fake_gnttab_entry(ref);
	if ((entry.flags & GTF_type_mask) != GTF_permit_access)
		return GNTST_bad_gntref;
	if (entry.domid != domid)
		return GNTST_permission_denied;
	if (write && (entry.flags & GTF_readonly))
		return GNTST_permission_denied;
	*page = fake_memory_frame(entry.frame);
	if (!*page)
		fake_violation("grant %u names frame %#x, which the guest does not have", ref,
			       entry.frame);
	return GNTST_okay;
}

void *fake_gnttab_map(domid_t domid, grant_ref_t ref, bool readonly, int *status)
{
	void *page = NULL;

	*status = entry_check(domid, ref, !readonly, &page);
	if (*status != GNTST_okay)
		return NULL;
	mappings[ref].frame = fake_gnttab_entry(ref)->frame;
	mappings[ref].domid = domid;
	mappings[ref].readers++;
	mappings[ref].writers += !readonly;
	fake_gnttab_entry(ref)->flags |= readonly ? GTF_reading : GTF_reading | GTF_writing;
	return page;
}

void fake_gnttab_unmap(grant_ref_t ref, bool readonly)
{
	struct mapping *mapping = &mappings[ref];
	grant_entry_v1_t *entry = fake_gnttab_entry(ref);
	const uint16_t held = mapping->writers ? GTF_reading | GTF_writing : GTF_reading;

	if (!mapping->readers)
		fake_violation("the fake unmaps grant %u, which it has not mapped", ref);
	if ((entry->flags & held) != held || (entry->flags & GTF_type_mask) != GTF_permit_access)
		fake_violation("grant %u was ended while it was mapped", ref);
	if (entry->frame != mapping->frame || entry->domid != mapping->domid)
		fake_violation("grant %u was used again while it was mapped", ref);
	mapping->readers--;
	mapping->writers -= !readonly;
	if (!mapping->readers)
		entry->flags &= (uint16_t)~GTF_reading;
	if (!mapping->writers)
		entry->flags &= (uint16_t)~GTF_writing;
}

int fake_gnttab_copy_from(domid_t domid, grant_ref_t ref, size_t offset, void *to, size_t len)
{
	void *page = NULL;
	int status = entry_check(domid, ref, false, &page);

	if (status == GNTST_okay && (offset > FAKE_PAGE_SIZE || len > FAKE_PAGE_SIZE - offset))
		status = GNTST_bad_copy_arg;
	if (status == GNTST_okay)
		memcpy(to, (uint8_t *)page + offset, len);
	return status;
}

int fake_gnttab_copy_to(domid_t domid, grant_ref_t ref, size_t offset, const void *from, size_t len)
{
	void *page = NULL;
	int status = entry_check(domid, ref, true, &page);

	if (status == GNTST_okay && (offset > FAKE_PAGE_SIZE || len > FAKE_PAGE_SIZE - offset))
		status = GNTST_bad_copy_arg;
	if (status == GNTST_okay)
		memcpy((uint8_t *)page + offset, from, len);
	return status;
}

unsigned fake_gnttab_granted(void)
{
	unsigned granted = 0;

	for (unsigned i = 0; i < FAKE_GRANT_FRAMES; i++)
		for (unsigned j = 0; placed[i] && j < FAKE_GRANTS_A_FRAME; j++)
			granted += (placed[i][j].flags & GTF_type_mask) != GTF_invalid;
	return granted;
}

unsigned fake_gnttab_mapped(void)
{
	unsigned mapped = 0;

	for (grant_ref_t ref = 0; ref < FAKE_GRANTS; ref++)
		mapped += mappings[ref].readers != 0;
	return mapped;
}
