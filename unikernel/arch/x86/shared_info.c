/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the page that Xen shares with the domain appears: in every mode a page of the image's bss,
 * whose own memory is not used from then on.
 */
#include "unikernel/arch/x86/arch.h"

static char shared_info_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE), section(".bss.pages")));

struct shared_info *arch_shared_info(void)
{
	return (struct shared_info *)(void *)shared_info_page;
}
