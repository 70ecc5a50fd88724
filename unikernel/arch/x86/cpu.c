/* SPDX-License-Identifier: BSD-2-Clause */
/* What is the same on every x86, whatever mode Xen runs us in. */
#include "unikernel/arch/x86/pagetable.h"

#include <cpuid.h>

#define CPUID_1_ECX_RDRAND	   (1u << 30)
#define CPUID_80000001_EDX_PAGE1GB (1u << 26)

static bool cpu_has_rdrand(void)
{
	static enum { UNKNOWN, NO, YES } known; /* cpuid traps to Xen in some modes: ask once */
	unsigned int eax, ebx, ecx, edx;

	if (known == UNKNOWN) {
		__cpuid(1, eax, ebx, ecx, edx);
		known = ecx & CPUID_1_ECX_RDRAND ? YES : NO;
	}
	return known == YES;
}

bool cpu_has_1gib_pages(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) != 0 &&
	       (edx & CPUID_80000001_EDX_PAGE1GB) != 0;
}

bool arch_random(uint64_t *value)
{
	/* The generator may run dry for a moment; ten tries are what its maker asks for. */
	for (int tries = 0; cpu_has_rdrand() && tries < 10; tries++) {
		unsigned char ok;

		__asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok) : : "cc");
		if (ok)
			return true;
	}
	return false;
}

void *arch_stack_prepare(void *top, void (*entry)(void))
{
	/* Downwards from top: no caller, where to "return" to, six registers, control words. */
	uint64_t *sp = top;
	const uint32_t mxcsr = 0x1f80, x87_control = 0x037f; /* as the processor starts */

	*--sp = 0;
	*--sp = (uint64_t)(uintptr_t)entry;
	for (int i = 0; i < 6; i++)
		*--sp = 0;
	*--sp = (uint64_t)x87_control << 32 | mxcsr;
	return sp;
}
