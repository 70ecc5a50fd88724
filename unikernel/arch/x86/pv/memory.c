/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of a PV guest: seal what the domain builder mapped, and map the rest when it is wanted.
 *
 * What the builder leaves us with (xen.h, "Start-of-day memory layout"), va == pseudo-physical:
 *
 *	0          64 KiB     1 MiB                                         4 MiB multiple
 *	| nothing  | free     | image | p2m | start_info, store, | page   | stack | free    | not
 *	| (after   |          |       |list | console pages      | tables |       |         | mapped
 *	| sealing) |          |       |     |                    | (r--)  |       |         | yet …
 *	                                                          bootstrap_end --^
 *
 * All of it is mapped writable and executable, the tables excepted. Sealing changes that:
 *	- for the chunks of 2 MiB that hold the image, by a new table: NULL guard, text r-x, rodata r--,
 *	  stack guard, all else rw- and not executable;
 *	- for every other chunk by one bit, NX in the L2 entry, which rules over the chunk's pages.
 *
 * Nothing here, or later, is done for each page of the domain but when that page is first used.
 */
#include "unikernel/arch/x86/pv/pagetable.h"
#include "unikernel/arch/x86/pv/pv.h"

#include <errno.h>
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "hypercall/pv.h"
#include "unikernel/core/panic.h"

static struct {
	const xen_pfn_t *p2m; /* mfn of each pfn */
	size_t nr_pages;
	const uint64_t *l4;
} memory;

/* --- frames ------------------------------------------------------------------------------ */

static size_t pfn_of(const void *va)
{
	return (uintptr_t)va >> PAGE_SHIFT;
}

xen_pfn_t pv_va_to_gfn(const void *va)
{
	ASSERT(pfn_of(va) < memory.nr_pages);
	return memory.p2m[pfn_of(va)];
}

void *pv_mfn_to_va(xen_pfn_t mfn)
{
	return (void *)(machine_to_phys_mapping[mfn] << PAGE_SHIFT);
}

/* --- looking into the tables ------------------------------------------------------------- */

static const uint64_t *table_of(uint64_t entry)
{
	return pv_mfn_to_va(pte_frame(entry));
}

/* The entry for va in its table of this level, or NULL if a table above it is missing. */
static const uint64_t *entry_of(uintptr_t va, unsigned int level)
{
	const uint64_t *table = memory.l4;

	for (unsigned int l = 4; l > level; l--) {
		uint64_t entry = table[pte_index(va, l)];

		if (!(entry & PTE_PRESENT))
			return NULL;
		table = table_of(entry);
	}
	return &table[pte_index(va, level)];
}

/* Xen wants the entry's place as a machine address; its low bits say which kind of update it is. */
static struct mmu_update update_of(const uint64_t *entry, uint64_t value)
{
	uint64_t frame = (uint64_t)pv_va_to_gfn(entry) << PAGE_SHIFT;

	return (struct mmu_update){
		.ptr = frame | ((uintptr_t)entry & PAGE_MASK) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};
}

/*
 * Makes the page at `table`, filled in as memory so far, a page table below the entry `hook`, in
 * one hypercall: first its own mapping is made read-only, then it is hooked in. In this order, for
 * Xen takes no frame as a table that is writable anywhere. Xen flushes the old mapping itself.
 */
static int table_install(const void *table, const uint64_t *hook)
{
	xen_pfn_t mfn = pv_va_to_gfn(table);
	const struct mmu_update updates[] = {
		update_of(entry_of((uintptr_t)table, 1), pte_make(mfn, PTE_RO)),
		update_of(hook, pte_make(mfn, PTE_TABLE)),
	};

	return xen_errno_to_errno(hypercall_mmu_update(updates, 2));
}

/* --- sealing at boot --------------------------------------------------------------------- */

/*
 * Seals a chunk page by page. A new table costs Xen less than 512 changes to the old one (205 us
 * instead of 225, counting instructions), whose page is not used any more. `table` is a free page
 * of the first chunk: the table of that chunk has to know that it is read-only from now on.
 */
static int chunk_seal(uintptr_t chunk, const uint64_t *l2, uint64_t *table)
{
	const uint64_t *old = table_of(*l2);

	for (unsigned int i = 0; i < PTE_ENTRIES; i++)
		table[i] = pte_sealed(chunk + i * PAGE_SIZE, old[i]);
	if ((uintptr_t)table - chunk < CHUNK_BYTES)
		table[pte_index((uintptr_t)table, 1)] &= ~PTE_WRITE;
	return table_install(table, l2);
}

/*
 * Seals what the builder mapped; returns the end of it as a pfn. *spare: where free pages begin; those
 * that become page tables are taken from there.
 */
static size_t seal(size_t *spare)
{
	/* Guard and text are all below this; behind it, pages differ in nothing. */
	const uintptr_t image_chunks_end = (uintptr_t)boot_stack_end;
	uintptr_t va = 0;
	int err = 0;

	for (; !err; va += CHUNK_BYTES) {
		const uint64_t *l2 = entry_of(va, 2);

		if (!l2 || !(*l2 & PTE_PRESENT))
			break;
		if (va < image_chunks_end) {
			err = chunk_seal(va, l2, (uint64_t *)(*spare << PAGE_SHIFT));
			++*spare;
		} else {
			const struct mmu_update update = update_of(l2, *l2 | PTE_NX);

			err = xen_errno_to_errno(hypercall_mmu_update(&update, 1));
		}
	}
	if (err)
		panic("Xen does not take the page tables: error %d", -err);
	return va >> PAGE_SHIFT;
}

/* With a flush of the whole TLB, which makes what seal() did take effect. */
static void map_shared_info(const struct start_info *start)
{
	struct arch_shared_info *arch = &arch_shared_info()->arch;

	if (hypercall_update_va_mapping((unsigned long)arch_shared_info(),
					start->shared_info | PTE_RW, UVMF_TLB_FLUSH | UVMF_LOCAL))
		panic("Xen does not map shared_info");

	/* Where the tools find the p2m list when they save or dump the domain. */
	arch->max_pfn = start->nr_pages;
	arch->p2m_vaddr = start->mfn_list;
	arch->p2m_cr3 = (unsigned long)pv_va_to_gfn(memory.l4) << PAGE_SHIFT;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

void pv_memory_init(const struct start_info *start, uintptr_t bootstrap_end)
{
	/* The bootstrap stack is a page, the last before bootstrap_end, and not in use any more. */
	const size_t free_pfn = (bootstrap_end >> PAGE_SHIFT) - 1;
	const size_t image_pfn = (uintptr_t)image_start >> PAGE_SHIFT;
	size_t low_pfn = ARCH_NULL_GUARD_PAGES, mapped_pfn;

	memory.p2m = (const xen_pfn_t *)start->mfn_list;
	memory.nr_pages = start->nr_pages;
	memory.l4 = (const uint64_t *)start->pt_base;

	mapped_pfn = least(seal(&low_pfn), memory.nr_pages);
	map_shared_info(start);

	page_init(memory.nr_pages, free_pfn, mapped_pfn - free_pfn);
	page_add(low_pfn, image_pfn - low_pfn);
	page_add_lazy(mapped_pfn, memory.nr_pages - mapped_pfn);
}

/* --- afterwards -------------------------------------------------------------------------- */

/* The L2 entry for va, with the tables above it made where they are missing. */
static int l2_entry(uintptr_t va, const uint64_t **entry)
{
	for (unsigned int level = 4; level > 2; level--) {
		const uint64_t *above = entry_of(va, level);
		uint64_t *table;
		int err;

		if (*above & PTE_PRESENT)
			continue;
		table = page_for_table();
		if (!table)
			return -ENOMEM;
		memset(table, 0, PAGE_SIZE);
		err = table_install(table, above);
		if (err)
			return err;
	}
	*entry = entry_of(va, 2);
	return 0;
}

int pv_map_chunk(size_t pfn, size_t count)
{
	const uint64_t *hook;
	uint64_t *l1;
	int err;

	ASSERT(pfn % ARCH_CHUNK_PAGES + count <= ARCH_CHUNK_PAGES &&
	       pfn + count <= memory.nr_pages);
	err = l2_entry(pfn << PAGE_SHIFT, &hook);
	if (err)
		return err;
	ASSERT(!(*hook & PTE_PRESENT));

	l1 = page_for_table();
	if (!l1)
		return -ENOMEM;
	memset(l1, 0, PAGE_SIZE);
	for (size_t i = 0; i < count; i++)
		l1[pfn % ARCH_CHUNK_PAGES + i] = pte_make(memory.p2m[pfn + i], PTE_RW);
	return table_install(l1, hook);
}

static int remap(const void *page, uint64_t pte, unsigned long flush)
{
	return xen_errno_to_errno(hypercall_update_va_mapping((unsigned long)page, pte, flush));
}

static uint64_t pte_of(const void *page, enum arch_access access)
{
	static const uint64_t flags[] = {[ARCH_READ] = PTE_RO, [ARCH_WRITE] = PTE_RW};

	return access == ARCH_NONE ? 0 : pte_make(pv_va_to_gfn(page), flags[access]);
}

/* All but the last page in batches, which flush nothing; with the last, one flush for all. */
int pv_protect(void *pages, size_t count, enum arch_access access)
{
	enum { BATCH = 64 };
	struct mmu_update updates[BATCH];
	char *page = pages, *last = page + ((count - 1) << PAGE_SHIFT);
	int err = 0;

	while (page < last && !err) {
		unsigned int n = 0;

		for (; n < BATCH && page < last; n++, page += PAGE_SIZE)
			updates[n] = update_of(entry_of((uintptr_t)page, 1), pte_of(page, access));
		err = xen_errno_to_errno(hypercall_mmu_update(updates, n));
	}
	if (!err)
		err = remap(last, pte_of(last, access),
			    (count == 1 ? UVMF_INVLPG : UVMF_TLB_FLUSH) | UVMF_LOCAL);
	if (err)
		panic("Xen does not change the mapping of %p: error %d", pages, -err);
	return 0;
}

int pv_map_gnttab_frame(unsigned int index, void *page)
{
	/* Xen names all frames up to the one that is wanted. It rarely allows more than 64. */
	enum { FRAMES_MAX = 128 };
	xen_pfn_t mfns[FRAMES_MAX];
	int16_t status;
	int err;

	if (index >= FRAMES_MAX)
		return -ENOSPC;
	err = xen_errno_to_errno(hypercall_gnttab_setup_table(index + 1, mfns, &status));
	if (!err)
		err = gntst_to_errno(status);
	return err ? err : remap(page, pte_make(mfns[index], PTE_RW), UVMF_INVLPG | UVMF_LOCAL);
}
