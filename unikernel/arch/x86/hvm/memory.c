/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of an HVM or PVH guest. The page tables are our own: plain memory, changed by plain stores.
 * What they yield is not the machine's frame but the guest's, which the processor looks up once more
 * in tables of Xen's (nested paging):
 *
 *	va ── our tables ──> gfn ── Xen's p2m ──> mfn		and va == gfn << 12, as everywhere
 *
 * At the start the first GiB is mapped by large pages, everything allowed (entry.S). Sealing leaves
 *	- the chunks of 2 MiB that hold the image, or are not memory throughout, page by page: NULL
 *	  guard, text r-x, rodata r--, stack guard, all else rw-;
 *	- what is mapped beyond it, so that the allocator can begin, by one entry for each 2 MiB;
 *	- nothing else: the rest of memory is mapped when it is wanted, again 2 MiB by one entry.
 * A large page is broken up when a single page of it is to be protected.
 */
#include <errno.h>
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hvm.h"
#include "hypercall/hypercall.h"
#include "unikernel/arch/x86/hvm/hvm.h"
#include "unikernel/core/panic.h"

#define PTE_TABLE (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)
#define PTE_RO	  (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define PTE_RW	  (PTE_RO | PTE_WRITE | PTE_DIRTY)
#define PTE_RWX	  (PTE_RW & ~PTE_NX)

/* What the allocator has mapped at least behind the image when it starts, if there is so much. */
#define FIRST_FREE_PAGES 128

/* Pages for tables until there is an allocator: from the free memory below the image. */
static size_t spare_pfn = ARCH_NULL_GUARD_PAGES;
static bool sealed;

xen_pfn_t hvm_va_to_gfn(const void *va)
{
	return (uintptr_t)va >> PAGE_SHIFT;
}

static void flush_page(const void *va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static void flush_all(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(hvm_l4) : "memory");
}

/* --- what is memory ---------------------------------------------------------------------- */

static bool is_ram(size_t pfn)
{
	for (size_t i = 0; i < hvm_ram_count; i++)
		if (pfn >= hvm_ram[i].first && pfn < hvm_ram[i].end)
			return true;
	return false;
}

/* The last chunk of the first GiB serves as a window. */
void hvm_physical_read(void *to, uint64_t from, size_t len)
{
	const char *window = (const char *)((PTE_ENTRIES - 1) * CHUNK_BYTES);

	while (len) {
		const size_t at = from % CHUNK_BYTES;
		const size_t n = len < CHUNK_BYTES - at ? len : CHUNK_BYTES - at;

		hvm_l2[PTE_ENTRIES - 1] = ((from - at) & PTE_FRAME) | PTE_RO | PTE_LARGE;
		flush_page(window);
		memcpy(to, window + at, n);
		to = (char *)to + n;
		from += n;
		len -= n;
	}
}

/* --- tables ------------------------------------------------------------------------------ */

static uint64_t *table_new(void)
{
	void *table;

	if (sealed) {
		table = page_for_table();
	} else {
		if (!is_ram(spare_pfn) || spare_pfn >= hvm_va_to_gfn(image_start))
			panic("no memory below the image for page tables");
		table = (void *)(spare_pfn++ << PAGE_SHIFT);
	}
	if (table)
		memset(table, 0, PAGE_SIZE);
	return table;
}

/* The entry for va in its table of this level; the tables above are made. NULL: no page for one. */
static uint64_t *entry_of(uintptr_t va, unsigned int level)
{
	uint64_t *table = hvm_l4;

	for (unsigned int l = 4; l > level; l--) {
		uint64_t *entry = &table[pte_index(va, l)];

		if (!(*entry & PTE_PRESENT)) {
			table = table_new();
			if (!table)
				return NULL;
			*entry = pte_make(hvm_va_to_gfn(table), PTE_TABLE);
		}
		table = (uint64_t *)(pte_frame(*entry) << PAGE_SHIFT);
	}
	return &table[pte_index(va, level)];
}

void *hvm_map_special(xen_pfn_t gfn)
{
	const uintptr_t va = gfn << PAGE_SHIFT;

	*entry_of(va, 1) = pte_make(gfn, PTE_RW);
	return (void *)va;
}

/*
 * All memory once more, read-only and not executable, by entries of 1 GiB:
 *
 *	va + 512 GiB ── L4 ──> L3 ──> gfn
 *
 * The processor never goes this way. Xen does, in software, for the arguments of hypercalls that are made
 * all the time (hypercall_read): it looks up each table in its own tables first, some thousand
 * instructions, and so this takes it three times that and not five.
 */
#define MIRROR	  (1ull << 39)
#define GIB_PAGES ((size_t)1 << (30 - PAGE_SHIFT))

static void mirror_make(void)
{
	if (!cpu_has_1gib_pages())
		return;
	for (const struct hvm_ram *ram = hvm_ram; ram < hvm_ram + hvm_ram_count; ram++)
		if (ram->end > MIRROR >> PAGE_SHIFT)
			return; /* an argument might lie where the mirror is */
	for (const struct hvm_ram *ram = hvm_ram; ram < hvm_ram + hvm_ram_count; ram++)
		for (size_t pfn = ram->first - ram->first % GIB_PAGES; pfn < ram->end;
		     pfn += GIB_PAGES)
			*entry_of(MIRROR + (pfn << PAGE_SHIFT), 3) =
				pte_make(pfn, PTE_RO | PTE_LARGE);
	hypercall_read_offset = MIRROR;
}

/* --- at boot ----------------------------------------------------------------------------- */

/* Is the chunk memory throughout, without any of the image in it? */
static bool chunk_is_plain(size_t chunk_pfn)
{
	if (chunk_pfn < hvm_va_to_gfn(image_end))
		return false;
	for (size_t pfn = chunk_pfn; pfn < chunk_pfn + ARCH_CHUNK_PAGES; pfn++)
		if (!is_ram(pfn))
			return false;
	return true;
}

static void chunk_seal(size_t chunk_pfn, uint64_t *l2)
{
	uint64_t *l1;

	if (chunk_is_plain(chunk_pfn)) {
		*l2 = pte_make(chunk_pfn, PTE_RW | PTE_LARGE);
		return;
	}
	l1 = table_new();
	for (size_t i = 0; i < PTE_ENTRIES; i++)
		if (is_ram(chunk_pfn + i))
			l1[i] = pte_sealed((chunk_pfn + i) << PAGE_SHIFT,
					   pte_make(chunk_pfn + i, PTE_RWX));
	*l2 = pte_make(hvm_va_to_gfn(l1), PTE_TABLE);
}

static void seal(size_t mapped_pfn)
{
	for (size_t i = 0; i < PTE_ENTRIES; i++) {
		if (i * ARCH_CHUNK_PAGES < mapped_pfn)
			chunk_seal(i * ARCH_CHUNK_PAGES, &hvm_l2[i]);
		else
			hvm_l2[i] = 0;
	}
	mirror_make();
	flush_all();
	sealed = true;
}

static const struct hvm_ram *ram_of_image(void)
{
	const size_t first = hvm_va_to_gfn(image_start), end = hvm_va_to_gfn(image_end);

	for (const struct hvm_ram *ram = hvm_ram; ram < hvm_ram + hvm_ram_count; ram++)
		if (ram->first <= first && ram->end > end)
			return ram;
	panic("the image does not lie in memory");
}

static size_t most(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void page_add_between(size_t first, size_t end)
{
	if (first < end)
		page_add(first, end - first);
}

void hvm_memory_init(void)
{
	const size_t free_pfn = hvm_va_to_gfn(image_end), image_pfn = hvm_va_to_gfn(image_start);
	const struct hvm_ram *home = ram_of_image();
	size_t mapped_pfn = free_pfn + FIRST_FREE_PAGES, end_pfn = 0;

	mapped_pfn += -mapped_pfn % ARCH_CHUNK_PAGES;
	mapped_pfn = least(mapped_pfn, home->end);
	seal(mapped_pfn);

	for (size_t i = 0; i < hvm_ram_count; i++)
		end_pfn = most(end_pfn, hvm_ram[i].end);
	page_init(end_pfn, free_pfn, mapped_pfn - free_pfn);
	for (size_t i = 0; i < hvm_ram_count; i++) {
		const struct hvm_ram *ram = &hvm_ram[i];
		const size_t lazy = most(ram->first, mapped_pfn);

		page_add_between(most(ram->first, spare_pfn), least(ram->end, image_pfn));
		if (lazy < ram->end)
			page_add_lazy(lazy, ram->end - lazy);
	}
}

/* --- afterwards -------------------------------------------------------------------------- */

int hvm_map_chunk(size_t pfn, size_t count)
{
	uint64_t *l2 = entry_of(pfn << PAGE_SHIFT, 2), *l1;

	ASSERT(pfn % ARCH_CHUNK_PAGES + count <= ARCH_CHUNK_PAGES);
	if (!l2)
		return -ENOMEM;
	if (count == ARCH_CHUNK_PAGES) {
		*l2 = pte_make(pfn, PTE_RW | PTE_LARGE);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		l1 = entry_of((pfn + i) << PAGE_SHIFT, 1);
		if (!l1)
			return -ENOMEM;
		*l1 = pte_make(pfn + i, PTE_RW);
	}
	return 0;
}

/* Breaks the large page at va up, unless that was done before. */
static int chunk_split(uintptr_t va)
{
	uint64_t *l2 = entry_of(va, 2), *l1;

	if (!(*l2 & PTE_LARGE))
		return 0;
	l1 = table_new();
	if (!l1)
		return -ENOMEM;
	for (size_t i = 0; i < PTE_ENTRIES; i++)
		l1[i] = pte_make(pte_frame(*l2) + i, *l2 & ~(PTE_FRAME | PTE_LARGE));
	*l2 = pte_make(hvm_va_to_gfn(l1), PTE_TABLE);
	flush_page((void *)va);
	return 0;
}

int hvm_protect(void *pages, size_t count, enum arch_access access)
{
	static const uint64_t flags[] = {[ARCH_READ] = PTE_RO, [ARCH_WRITE] = PTE_RW};
	const uintptr_t va = (uintptr_t)pages, end = va + (count << PAGE_SHIFT);

	for (uintptr_t at = va; at < end; at = (at | (CHUNK_BYTES - 1)) + 1)
		if (chunk_split(at))
			return -ENOMEM;
	for (uintptr_t at = va; at < end; at += PAGE_SIZE) {
		uint64_t *l1 = entry_of(at, 1);

		*l1 = access == ARCH_NONE ? 0 : pte_make(at >> PAGE_SHIFT, flags[access]);
		flush_page((void *)at);
	}
	return 0;
}

int hvm_map_gnttab_frame(unsigned int index, void *page)
{
	int err = xen_errno_to_errno(
		hypercall_add_to_physmap(XENMAPSPACE_grant_table, index, hvm_va_to_gfn(page)));

	/* Xen takes the memory that was there away before it finds that it has none for the mapping. */
	return err == -ENOMEM ? -ENOTRECOVERABLE : err;
}
