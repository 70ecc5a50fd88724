/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader tells: where memory is, and the command line. A PVH guest is told by its domain
 * builder in struct hvm_start_info, one that GRUB has loaded by Multiboot's information structure
 * ("Multiboot Specification version 0.6.96", 3.3).
 */
#include "unikernel/arch/x86/hvm/hvm.h"

#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/panic.h"

#define MULTIBOOT_MAGIC	       0x2badb002u
#define MULTIBOOT_COMMAND_LINE (1u << 2)
#define MULTIBOOT_MEMORY_MAP   (1u << 6)

#define ENTRIES_MAX	       128 /* of a memory map that is believed */

struct multiboot_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
	uint32_t mods_count, mods_addr, symbols[4];
	uint32_t memory_map_length, memory_map;
};

/* size does not count itself. */
struct multiboot_memory {
	uint32_t size;
	uint64_t address, length;
	uint32_t type;
} __attribute__((packed));

struct hvm_ram hvm_ram[HVM_RAM_MAX];
size_t hvm_ram_count;

static char command_line[BOOT_COMMAND_LINE_MAX];

/* What two entries both claim would be given out twice. */
static bool ram_overlaps(const struct hvm_ram *new)
{
	for (size_t i = 0; i < hvm_ram_count; i++)
		if (new->first < hvm_ram[i].end && hvm_ram[i].first < new->end)
			return true;
	return false;
}

/* Both maps have the types of the BIOS's e820. Whole pages only. */
static void ram_add(uint32_t type, uint64_t address, uint64_t length)
{
	struct hvm_ram ram;
	uint64_t end;

	if (type != XEN_HVM_MEMMAP_TYPE_RAM || __builtin_add_overflow(address, length, &end))
		return;
	ram = (struct hvm_ram){pages_of(address), end >> PAGE_SHIFT};
	if (hvm_ram_count < HVM_RAM_MAX && ram.first < ram.end && !ram_overlaps(&ram))
		hvm_ram[hvm_ram_count++] = ram;
}

static void command_line_read(uint64_t address)
{
	if (address)
		hvm_physical_read(command_line, address, sizeof(command_line) - 1);
	boot_info.command_line = command_line;
}

static void multiboot_read(uint32_t info)
{
	struct multiboot_info multiboot;
	uint32_t at, end;

	hvm_physical_read(&multiboot, info, sizeof(multiboot));
	command_line_read(multiboot.flags & MULTIBOOT_COMMAND_LINE ? multiboot.command_line : 0);
	if (!(multiboot.flags & MULTIBOOT_MEMORY_MAP))
		return;
	at = multiboot.memory_map;
	end = at + multiboot.memory_map_length;
	for (unsigned int i = 0; i < ENTRIES_MAX && at < end; i++) {
		struct multiboot_memory memory;

		hvm_physical_read(&memory, at, sizeof(memory));
		ram_add(memory.type, memory.address, memory.length);
		at += memory.size + (uint32_t)sizeof(memory.size);
	}
}

static void start_info_read(uint32_t info)
{
	struct hvm_start_info start;

	hvm_physical_read(&start, info, sizeof(start));
	if (start.magic != XEN_HVM_START_MAGIC_VALUE)
		return;
	command_line_read(start.cmdline_paddr);
	if (start.version < 1)
		return;
	for (unsigned int i = 0; i < start.memmap_entries && i < ENTRIES_MAX; i++) {
		struct hvm_memmap_table_entry memory;

		hvm_physical_read(&memory, start.memmap_paddr + i * sizeof(memory), sizeof(memory));
		ram_add(memory.type, memory.addr, memory.size);
	}
}

void hvm_loader_read(uint32_t magic, uint32_t info)
{
	command_line_read(0);
	if (magic == MULTIBOOT_MAGIC)
		multiboot_read(info);
	else
		start_info_read(info);
	if (!hvm_ram_count)
		panic("the loader has told of no memory");
}
