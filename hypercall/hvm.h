/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypercalls that HVM and PVH guests alone make: their memory is translated by Xen, so Xen's own
 * pages have to be given a place in it, and what start_info tells a PV guest is asked for.
 */
#ifndef LODGER_HYPERCALL_HVM_H
#define LODGER_HYPERCALL_HVM_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/memory.h>
#include <xen/vcpu.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#include "hypercall/asm.h"

/*
 * Lets page idx of a space (XENMAPSPACE_*) appear at the guest's frame gfn. Memory that was there
 * goes back to Xen.
 */
static inline long hypercall_add_to_physmap(unsigned int space, unsigned long idx, xen_pfn_t gfn)
{
	struct xen_add_to_physmap map = {
		.domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn};

	return hypercall5(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (unsigned long)&map, 0, 0,
			  0);
}

/* Where Xen keeps struct vcpu_info from now on, once for each vCPU: in the page with this frame. */
static inline long hypercall_register_vcpu_info(unsigned int vcpu, xen_pfn_t gfn, uint32_t offset)
{
	struct vcpu_register_vcpu_info info = {.mfn = gfn, .offset = offset};

	return hypercall5(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, vcpu,
			  (unsigned long)&info, 0, 0);
}

static inline long hypercall_hvm_set_param(uint32_t index, uint64_t value)
{
	struct xen_hvm_param param = {.domid = DOMID_SELF, .index = index, .value = value};

	return hypercall5(__HYPERVISOR_hvm_op, HVMOP_set_param, (unsigned long)&param, 0, 0, 0);
}

/* *value is set on success only. */
static inline long hypercall_hvm_get_param(uint32_t index, uint64_t *value)
{
	struct xen_hvm_param param = {.domid = DOMID_SELF, .index = index};
	long result =
		hypercall5(__HYPERVISOR_hvm_op, HVMOP_get_param, (unsigned long)&param, 0, 0, 0);

	if (!result)
		*value = param.value;
	return result;
}

#endif
