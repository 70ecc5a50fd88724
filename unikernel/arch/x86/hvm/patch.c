/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image is made for PV; here it becomes one for HVM and PVH, once, before its text is sealed.
 *
 *	hypercall sites (hypercall/asm.h)		mode functions (mode.S)
 *	0f 05 90   syscall; nop				e9 rel32   jmp pv_name
 *	0f 01 c1   vmcall       Intel			e9 rel32   jmp hvm_name
 *	0f 01 d9   vmmcall      AMD and Hygon
 *
 * Nothing that is rewritten was executed before. (A processor that had fetched the old bytes
 * would be put right by any of the serialising instructions that follow.)
 */
#include "unikernel/arch/x86/hvm/hvm.h"

#include <cpuid.h>
#include <string.h>

/* Addresses in the image are below 4 GiB: image.lds. */
struct mode_function {
	uint32_t jump, hvm;
};

extern const uint32_t hypercall_sites[], hypercall_sites_end[];
extern const struct mode_function mode_functions[], mode_functions_end[];

#define JUMP_LENGTH 5

static bool vendor_is(const char *name, unsigned int ebx, unsigned int ecx, unsigned int edx)
{
	const unsigned int vendor[] = {ebx, edx, ecx};

	return memcmp(vendor, name, sizeof(vendor)) == 0;
}

static const unsigned char *hypercall_instruction(void)
{
	static const unsigned char vmcall[] = {0x0f, 0x01, 0xc1}, vmmcall[] = {0x0f, 0x01, 0xd9};
	unsigned int eax, ebx, ecx, edx;

	__cpuid(0, eax, ebx, ecx, edx);
	return vendor_is("AuthenticAMD", ebx, ecx, edx) || vendor_is("HygonGenuine", ebx, ecx, edx)
		       ? vmmcall
		       : vmcall;
}

void hvm_patch(void)
{
	const unsigned char *instruction = hypercall_instruction();

	for (const uint32_t *site = hypercall_sites; site < hypercall_sites_end; site++)
		memcpy((void *)(uintptr_t)*site, instruction, 3);
	for (const struct mode_function *f = mode_functions; f < mode_functions_end; f++) {
		const uint32_t distance = f->hvm - (f->jump + JUMP_LENGTH);

		memcpy((void *)((uintptr_t)f->jump + 1), &distance, sizeof(distance));
	}
}
