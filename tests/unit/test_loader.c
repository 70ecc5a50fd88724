/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: unikernel/arch/x86/hvm/loader.c, which reads what a PVH or a Multiboot loader tells.
 * Why:  pages that are no memory, or are counted twice, are given out by the allocator and found
 *       out much later.
 * How:  the structures lie in a small memory of the test's own, good ones and ones that lie about
 *       addresses, lengths and counts; what is not in that memory reads as ones.
 */
#include "tests/unit/unit.h"

#include "unikernel/arch/x86/hvm/hvm.h"

#include <xen/arch-x86/hvm/start_info.h>

#include "unikernel/core/boot.h"

#define MULTIBOOT 0x2badb002u
#define INFO	  0x1000u
#define MAP	  0x2000u
#define LINE	  0x3000u
#define RAM	  XEN_HVM_MEMMAP_TYPE_RAM

#define MIB	  0x100000ull
#define MIB_PAGES 256u

static unsigned char memory[0x4000];
static size_t reads;

void hvm_physical_read(void *to, uint64_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((unsigned char *)to)[i] =
			from + i < sizeof(memory) ? memory[from + i] : (unsigned char)0xff;
	reads++;
}

static void put(uint64_t at, const void *what, size_t len)
{
	memcpy(memory + at, what, len);
}

static void start_info(uint32_t entries, uint64_t map)
{
	const struct hvm_start_info start = {
		.magic = XEN_HVM_START_MAGIC_VALUE,
		.version = 1,
		.cmdline_paddr = LINE,
		.memmap_paddr = map,
		.memmap_entries = entries,
	};

	put(INFO, &start, sizeof(start));
	put(LINE, "one two", 8);
}

static void entry(unsigned int i, uint64_t address, uint64_t size, uint32_t type)
{
	const struct hvm_memmap_table_entry e = {address, size, type, 0};

	put(MAP + i * sizeof(e), &e, sizeof(e));
}

static void reads_what_a_domain_builder_tells(void **state)
{
	(void)state;
	start_info(3, MAP);
	entry(0, 0, 64 * MIB, RAM);
	entry(1, 0xfc000000, 0x1000, XEN_HVM_MEMMAP_TYPE_ACPI);
	entry(2, 4096 * MIB, 32 * MIB, RAM);
	hvm_loader_read(0, INFO);
	assert_int_equal(hvm_ram_count, 2);
	assert_int_equal(hvm_ram[0].first, 0);
	assert_int_equal(hvm_ram[0].end, 64 * MIB_PAGES);
	assert_int_equal(hvm_ram[1].first, 4096 * MIB_PAGES);
	assert_int_equal(hvm_ram[1].end, 4128 * MIB_PAGES);
	assert_string_equal(boot_info.command_line, "one two");
}

static void takes_whole_pages_of_true_memory(void **state)
{
	(void)state;
	start_info(7, MAP);
	entry(0, 0x800, MIB, RAM);		   /* begins and ends within a page */
	entry(1, 2 * MIB + 1, 0x1fff, RAM);	   /* no whole page but one */
	entry(2, 3 * MIB, 0xfff, RAM);		   /* none */
	entry(3, UINT64_MAX - 0xfff, 0x2000, RAM); /* beyond the end of everything */
	entry(4, 0x80000, MIB, RAM);		   /* claims what the first has */
	entry(5, 5 * MIB, 0, RAM);
	entry(6, 6 * MIB, MIB, XEN_HVM_MEMMAP_TYPE_RESERVED);
	hvm_loader_read(0, INFO);
	assert_int_equal(hvm_ram_count, 2);
	assert_int_equal(hvm_ram[0].first, 1);
	assert_int_equal(hvm_ram[0].end, MIB_PAGES);
	assert_int_equal(hvm_ram[1].first, 2 * MIB_PAGES + 1);
	assert_int_equal(hvm_ram[1].end, 2 * MIB_PAGES + 2);
}

static void bounds_what_it_reads(void **state)
{
	(void)state;
	start_info(UINT32_MAX, MAP);
	entry(0, MIB, MIB, RAM);
	hvm_loader_read(0, INFO);
	assert_true(reads < 200);
	assert_int_equal(hvm_ram_count, 1);
}

static void keeps_no_more_than_it_has_room_for(void **state)
{
	(void)state;
	start_info(HVM_RAM_MAX + 5, MAP);
	for (unsigned int i = 0; i < HVM_RAM_MAX + 5; i++)
		entry(i, 2 * i * MIB, MIB, RAM);
	hvm_loader_read(0, INFO);
	assert_int_equal(hvm_ram_count, HVM_RAM_MAX);
}

static void ends_an_endless_command_line(void **state)
{
	(void)state;
	start_info(1, MAP);
	entry(0, MIB, MIB, RAM);
	memset(memory + LINE, 'x', sizeof(memory) - LINE);
	hvm_loader_read(0, INFO);
	assert_int_equal(strlen(boot_info.command_line), BOOT_COMMAND_LINE_MAX - 1);
}

static void multiboot_entry(uint32_t *at, uint32_t size, uint64_t address, uint64_t length,
			    uint32_t type)
{
	put(*at, &size, sizeof(size));
	put(*at + 4, &address, sizeof(address));
	put(*at + 12, &length, sizeof(length));
	put(*at + 20, &type, sizeof(type));
	*at += size + 4;
}

static void multiboot(uint32_t flags, uint32_t length)
{
	const uint32_t info[] = {flags, 0, 0, 0, LINE, 0, 0, 0, 0, 0, 0, length, MAP};

	put(INFO, info, sizeof(info));
	put(LINE, "from grub", 10);
}

static void reads_what_grub_tells(void **state)
{
	uint32_t at = MAP;

	(void)state;
	multiboot_entry(&at, 20, 0, 0x9fc00, RAM);
	multiboot_entry(&at, 24, 0xf0000, 0x10000, 2); /* an entry may be longer than we know it */
	multiboot_entry(&at, 20, MIB, 15 * MIB, RAM);
	multiboot(1u << 2 | 1u << 6, at - MAP);
	hvm_loader_read(MULTIBOOT, INFO);
	assert_int_equal(hvm_ram_count, 2);
	assert_int_equal(hvm_ram[0].end, 0x9f);
	assert_int_equal(hvm_ram[1].first, MIB_PAGES);
	assert_int_equal(hvm_ram[1].end, 16 * MIB_PAGES);
	assert_string_equal(boot_info.command_line, "from grub");
}

static void grubs_entries_of_no_length_end(void **state)
{
	uint32_t at = MAP;

	(void)state;
	multiboot_entry(&at, 20, MIB, MIB, RAM);
	multiboot_entry(&at, UINT32_MAX - 3, 4 * MIB, MIB, RAM); /* leads to itself */
	multiboot(1u << 6, UINT32_MAX - MAP);
	hvm_loader_read(MULTIBOOT, INFO);
	assert_true(reads < 200);
	assert_int_equal(hvm_ram_count, 2);
	assert_string_equal(boot_info.command_line, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_what_a_domain_builder_tells),
	cmocka_unit_test(takes_whole_pages_of_true_memory),
	cmocka_unit_test(bounds_what_it_reads),
	cmocka_unit_test(keeps_no_more_than_it_has_room_for),
	cmocka_unit_test(ends_an_endless_command_line),
	cmocka_unit_test(reads_what_grub_tells),
	cmocka_unit_test(grubs_entries_of_no_length_end),
};

UNIT_MAIN(tests)
