/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The start of an HVM or PVH guest in C. Seven hypercalls lead from here to boot(): four parameters
 * tell of console and store, where PV has start_info; one registers a vector, one maps shared_info,
 * one registers vcpu_info.
 */
#include "hypercall/hvm.h"
#include "unikernel/arch/x86/hvm/hvm.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/console.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/stack_protector.h"
#include "unikernel/core/vcpu.h"

/* A page shared with dom0 and the event channel that belongs to it; NULL if there is none. */
static void *ring_of(uint32_t pfn_param, uint32_t port_param, evtchn_port_t *port)
{
	uint64_t pfn = 0, value = 0;

	if (hypercall_hvm_get_param(pfn_param, &pfn) || !pfn ||
	    hypercall_hvm_get_param(port_param, &value))
		return NULL;
	*port = (evtchn_port_t)value;
	return hvm_map_special(pfn);
}

static void console_and_store(void)
{
	boot_info.console =
		ring_of(HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN, &boot_info.console_port);
	boot_info.store =
		ring_of(HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, &boot_info.store_port);
}

/*
 * How the guest wants to be interrupted: by a vector (xen/hvm/params.h), for sleep.c. Xen takes a
 * guest that starts in 32-bit mode for one whose shared_info is laid out for 32 bits, and looks again
 * on this occasion. That is the one way without a hypercall page.
 */
static void upcall_register(void)
{
	const uint64_t via = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | HVM_VECTOR_UPCALL;

	if (hypercall_hvm_set_param(HVM_PARAM_CALLBACK_IRQ, via))
		panic("Xen does not take HVM_PARAM_CALLBACK_IRQ");
}

static void shared_info_map(void)
{
	if (hypercall_add_to_physmap(XENMAPSPACE_shared_info, 0, hvm_va_to_gfn(arch_shared_info())))
		panic("Xen does not map shared_info");
}

/*
 * The time page of this vCPU, in memory of ours: shared_info has room for those of the first 32
 * vCPUs alone. The page is kept mapped by Xen, who then writes to it as cheaply as to shared_info;
 * an area registered by its virtual address (VCPUOP_register_vcpu_time_memory_area) it would
 * have to look up in our page tables whenever it lets us run.
 */
static void time_register(void)
{
	static struct vcpu_info info __attribute__((aligned(sizeof(struct vcpu_info))));
	const uintptr_t at = (uintptr_t)&info;

	if (hypercall_register_vcpu_info(boot_vcpu.id, hvm_va_to_gfn(&info),
					 (uint32_t)(at & PAGE_MASK)))
		panic("Xen does not take vcpu_info");
	boot_vcpu.info = &info;
}

__attribute__((no_stack_protector)) _Noreturn void hvm_start(uint32_t magic, uint32_t info,
							     uint64_t first_tsc)
{
	boot_vcpu.info = &arch_shared_info()->vcpu_info[0];
	boot_info.first_tsc = first_tsc;
	hvm_patch();
	hvm_loader_read(magic, info);
	boot_info.mode = hvm_device_model_leave() ? "HVM" : "PVH";
	console_and_store();
	console_init();
	stack_protector_init(first_tsc);
	upcall_register();
	hvm_memory_init();
	shared_info_map();
	time_register();
	hvm_traps_init();
	boot();
}
