/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xen starts a PVH guest in 32-bit mode without paging, with nothing but flat segments
 * and the address of struct hvm_start_info in ebx. From there to 64-bit mode it takes
 * page tables, here of 2 MiB pages up to 4 GiB, below which the special pages lie.
 */
#include "tiny.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/elfnote.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

/* The top level, the second, and four of the third, one behind another. */
char tables[6][4096] __attribute__((aligned(4096), used));

void start_pvh(const struct hvm_start_info *info) __attribute__((noreturn, used));

NOTE(XEN_ELFNOTE_PHYS32_ENTRY, ".long _start_pvh");

__asm__(".code32\n"
	"_start_pvh: cld\n"
	"	mov $stack+16384, %esp\n"
	"	mov $tables+4096+7, %eax\n" /* present, writable, user */
	"	mov %eax, tables\n"
	"	mov $tables+4096, %edi\n"
	"	mov $4, %ecx\n"
	"1:	add $4096, %eax\n"
	"	mov %eax, (%edi)\n"
	"	add $8, %edi\n"
	"	loop 1b\n"
	"	mov $tables+8192, %edi\n"
	"	mov $0x87, %eax\n" /* and large */
	"	mov $2048, %ecx\n"
	"2:	mov %eax, (%edi)\n"
	"	add $0x200000, %eax\n"
	"	add $8, %edi\n"
	"	loop 2b\n"
	"	mov $tables, %eax\n"
	"	mov %eax, %cr3\n"
	"	mov $0x20, %eax\n" /* CR4.PAE */
	"	mov %eax, %cr4\n"
	"	mov $0xc0000080, %ecx\n" /* EFER.LME */
	"	rdmsr\n"
	"	or $0x100, %eax\n"
	"	wrmsr\n"
	"	mov %cr0, %eax\n"
	"	or $0x80000000, %eax\n" /* CR0.PG */
	"	mov %eax, %cr0\n"
	"	lgdt descriptors_pointer\n"
	"	ljmp $8, $3f\n"
	".code64\n"
	"3:	mov %ebx, %edi\n"
	"	call start_pvh\n"
	".balign 8\n"
	"descriptors:\n"
	"	.quad 0\n"
	"	.quad 0x00209b0000000000\n" /* 64-bit code */
	"descriptors_pointer:\n"
	"	.word . - descriptors - 1\n"
	"	.quad descriptors\n");

/* AuthenticAMD and HygonGenuine know only vmmcall, all others only vmcall. */
static enum gate find_gate(void)
{
	uint32_t leaf = 0, b, c, d;

	__asm__("cpuid" : "+a"(leaf), "=b"(b), "=c"(c), "=d"(d));
	return c == 0x444d4163 || c == 0x656e6975 ? VMMCALL : VMCALL;
}

static uint64_t parameter(uint32_t index)
{
	struct xen_hvm_param param = {.domid = DOMID_SELF, .index = index};

	hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, (long)&param, 0);
	return param.value;
}

void start_pvh(const struct hvm_start_info *info)
{
	struct xen_add_to_physmap shared = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
		.gpfn = (uint64_t)shared_page >> 12,
	};

	tiny.gate = find_gate();
	hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (long)&shared, 0);
	tiny.command_line = (const char *)info->cmdline_paddr;
	tiny.shared = (void *)shared_page;
	tiny.console = (void *)(parameter(HVM_PARAM_CONSOLE_PFN) << 12);
	tiny.store = (void *)(parameter(HVM_PARAM_STORE_PFN) << 12);
	tiny.console_port = (evtchn_port_t)parameter(HVM_PARAM_CONSOLE_EVTCHN);
	tiny.store_port = (evtchn_port_t)parameter(HVM_PARAM_STORE_EVTCHN);
	tiny_main();
}
