/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PVH domain: an HVM container without a device model. Of a PC it has the local
 * APIC and nothing else; the kernel starts at its PHYS32_ENTRY, in 32-bit mode
 * without paging, and finds a struct hvm_start_info (xen/arch-x86/hvm/start_info.h).
 *
 * Its physical memory, as libxl lays it out:
 *
 *	0 .. up to 0xfc000000		memory
 *	0xfc000000			libxl's ACPI tables; lodge gives none
 *	0xfee00000			the local APIC
 *	0xfeff8000 .. 0xff000000	special pages: console, store, ...
 *	0x100000000 ..			memory that does not fit below the hole
 */
#include <errno.h>
#include <stdbool.h>

#include "toolstack/build_mode.h"
#include "toolstack/message.h"

#include <xen/hvm/e820.h>
#include <xen/hvm/params.h>

#define HOLE_START UINT64_C(0xfc000000)
#define HOLE_END   (UINT64_C(1) << 32)

#define SPECIAL_START \
	((uint64_t)(X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES) << XC_PAGE_SHIFT)
#define SPECIAL_SIZE ((uint64_t)X86_HVM_NR_SPECIAL_PAGES << XC_PAGE_SHIFT)

/* Below the hole, the special pages, above the hole. */
#define MEMORY_MAP_ENTRIES 3

static bool uses_hap(const struct config *config, const xc_physinfo_t *host)
{
	if (config->hap < 0)
		return host->capabilities & XEN_SYSCTL_PHYSCAP_hap;
	return config->hap;
}

static int describe(const struct config *config, const xc_physinfo_t *host,
		    struct xen_domctl_createdomain *create)
{
	bool hap = uses_hap(config, host);

	if (!(host->capabilities & XEN_SYSCTL_PHYSCAP_hvm)) {
		message_error("this host cannot run pvh domains: it has no hardware virtualisation "
			      "(VT-x, AMD-V), or its firmware has that switched off; "
			      "use type=\"pv\"");
		return -EOPNOTSUPP;
	}
	if (hap && !(host->capabilities & XEN_SYSCTL_PHYSCAP_hap)) {
		message_error("this host has no nested paging; leave hap=1 out");
		return -EOPNOTSUPP;
	}
	if (!hap && !(host->capabilities & XEN_SYSCTL_PHYSCAP_shadow)) {
		message_error("this Xen was built without shadow paging; leave hap=0 out");
		return -EOPNOTSUPP;
	}
	create->flags |= XEN_DOMCTL_CDF_hvm | (hap ? XEN_DOMCTL_CDF_hap : 0);
	create->arch.emulation_flags = XEN_X86_EMU_LAPIC;
	return 0;
}

/*
 * For the tables that translate the guest's addresses, as libxl reckons: a MiB a
 * vcpu, and for each MiB of memory a page of the map of physical memory, and
 * another for the shadows of the guest's own tables where there is no nested paging.
 */
static uint64_t paging_kib(const struct config *config, const xc_physinfo_t *host)
{
	unsigned pages_per_mib = uses_hap(config, host) ? 1 : 2;

	if (config->shadow_memory_mib)
		return config->shadow_memory_mib * 1024;
	return 4 * (256 * (uint64_t)config->maxvcpus + pages_per_mib * config->maxmem_mib);
}

static int equip(xc_interface *xch, const struct config *config, const xc_physinfo_t *host,
		 uint32_t domid)
{
	if (xc_hvm_param_set(xch, domid, HVM_PARAM_TIMER_MODE, config->timer_mode) < 0)
		return -1;
	/* Unless told, Xen takes a triple fault for a wish to be rebooted: a crash that says nothing. */
	if (xc_hvm_param_set(xch, domid, HVM_PARAM_TRIPLE_FAULT_REASON, SHUTDOWN_crash) < 0)
		return -1;
	return xc_set_paging_mempool_size(xch, domid, paging_kib(config, host) * 1024);
}

/*
 * With maxmem above memory the guest sees all of maxmem, and Xen puts memory behind
 * it as it is touched, as far as `memory' goes: populate on demand. It then takes a
 * balloon driver in the guest to give back the rest before that is touched.
 */
static void lay_out(const struct config *config, struct xc_dom_image *image, unsigned *size_mib)
{
	uint64_t size = config->maxmem_mib << 20;

	image->container_type = XC_DOM_HVM_CONTAINER;
	image->device_model = false;
	image->target_pages = config->memory_mib << (20 - XC_PAGE_SHIFT);
	image->mmio_start = HOLE_START;
	image->mmio_size = HOLE_END - HOLE_START;
	image->lowmem_end = size < HOLE_START ? size : HOLE_START;
	image->highmem_end = size > HOLE_START ? HOLE_END + (size - HOLE_START) : 0;
	*size_mib = (unsigned)config->maxmem_mib;
}

/* For XENMEM_memory_map, and for the memory map in hvm_start_info, which libxenguest writes. */
static int describe_memory(struct xc_dom_image *image)
{
	struct e820entry *map = xc_dom_malloc(image, MEMORY_MAP_ENTRIES * sizeof(*map));
	unsigned count = 0;

	if (!map) {
		errno = ENOMEM;
		return -1;
	}
	map[count++] = (struct e820entry){.size = image->lowmem_end, .type = E820_RAM};
	map[count++] = (struct e820entry){
		.addr = SPECIAL_START, .size = SPECIAL_SIZE, .type = E820_RESERVED};
	if (image->highmem_end)
		map[count++] = (struct e820entry){
			.addr = HOLE_END, .size = image->highmem_end - HOLE_END, .type = E820_RAM};
	image->e820 = map;
	image->e820_entries = count;
	return xc_domain_set_memory_map(image->xch, image->guest_domid, map, count);
}

static uint64_t overhead_kib(const struct config *config, const xc_physinfo_t *host)
{
	return paging_kib(config, host) + SPECIAL_SIZE / 1024;
}

const struct build_mode build_pvh = {
	.not_bootable = "not a kernel that Xen can start as pvh (it needs the ELF note "
			"PHYS32_ENTRY):",
	.describe = describe,
	.equip = equip,
	.lay_out = lay_out,
	.describe_memory = describe_memory,
	.overhead_kib = overhead_kib,
};
