/* SPDX-License-Identifier: BSD-2-Clause */
/* Xen starts a PV guest in 64-bit mode, on page tables and a stack that libxenguest made. */
#include "tiny.h"

#include <xen/elfnote.h>

void start_pv(const start_info_t *info) __attribute__((noreturn, used));

/* start_info is in rsi. */
__asm__(".globl _start\n"
	"_start: cld\n"
	"	lea stack+16384(%rip), %rsp\n"
	"	mov %rsi, %rdi\n"
	"	call start_pv\n");

NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz \"tiny\"");
NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz \"xen-3.0\"");
NOTE(XEN_ELFNOTE_LOADER, ".asciz \"generic\"");
NOTE(XEN_ELFNOTE_VIRT_BASE, ".quad 0"); /* memory is mapped where it is */
NOTE(XEN_ELFNOTE_ENTRY, ".quad _start");
NOTE(XEN_ELFNOTE_PAE_MODE, ".asciz \"yes\"");
NOTE(XEN_ELFNOTE_FEATURES, ".asciz \"!writable_page_tables|pae_pgdir_above_4gb\"");

void start_pv(const start_info_t *info)
{
	const uint64_t *pfns = (const uint64_t *)MACH2PHYS_VIRT_START;

	tiny = (struct tiny){
		.gate = SYSCALL,
		.command_line = (const char *)info->cmd_line,
		.shared = (void *)shared_page,
		.console = (void *)(pfns[info->console.domU.mfn] << 12),
		.store = (void *)(pfns[info->store_mfn] << 12),
		.console_port = info->console.domU.evtchn,
		.store_port = info->store_evtchn,
	};
	hypercall(__HYPERVISOR_update_va_mapping, (long)shared_page, (long)(info->shared_info | 3),
		  UVMF_INVLPG);
	tiny_main();
}
