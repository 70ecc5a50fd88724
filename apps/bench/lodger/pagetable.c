/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of pages that we have: one batch of hypercalls in PV, stores and invlpg elsewhere. */
#include "apps/bench/platform.h"

#include "unikernel/arch/x86/arch.h"

static uintptr_t expected, expected_end; /* the pages whose faults are mended */

static const char *protect(void *pages, size_t count, enum arch_access access)
{
	return arch_protect(pages, count, access) == 0 ? NULL : "the entries cannot be changed";
}

const char *platform_pages_map(void *pages, size_t count)
{
	return protect(pages, count, ARCH_WRITE);
}

const char *platform_pages_protect(void *pages, size_t count)
{
	return protect(pages, count, ARCH_READ);
}

const char *platform_pages_unmap(void *pages, size_t count)
{
	return protect(pages, count, ARCH_NONE);
}

static bool fault_mend(const struct trap_frame *frame, uintptr_t fault_address)
{
	(void)frame;
	if (fault_address < expected || fault_address >= expected_end)
		return false;
	return arch_protect((void *)(fault_address & ~PAGE_MASK), 1, ARCH_WRITE) == 0;
}

const char *platform_fault_begin(void *pages, size_t count)
{
	expected = (uintptr_t)pages;
	expected_end = expected + count * PAGE_SIZE;
	arch_trap_fixup = fault_mend;
	return NULL;
}

void platform_fault_end(void *pages, size_t count)
{
	(void)pages, (void)count;
	arch_trap_fixup = NULL;
}
