/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's memory, mapped low.
 *
 *   FAKE_MEMORY_START  the fake's own pages   what the guest may allocate        end
 *   |------------------|----------------------|----------------------------------|
 *
 * Filled with a pattern: a page that the kernel takes for zeroed without clearing it shows.
 */
#include "tests/unit/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

extern const char __executable_start[], end[]; /* the linker's */

static uint8_t *next;

void fake_violation(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("fake Xen: violation: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void fake_memory_map(void)
{
	void *want = (void *)FAKE_MEMORY_START;
	const size_t bytes = (size_t)FAKE_MEMORY_PAGES * FAKE_PAGE_SIZE;

	if (next)
		return;
	if (mmap(want, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
		 0) != want) {
		perror("fake Xen: no low memory for the guest");
		exit(1);
	}
	/* Only a part: the rest is as good as random where it is seen at all, and costs time. */
	memset(want, 0xa5, bytes / 16);
	next = want;
}

void *fake_memory_reserve(size_t pages)
{
	void *start;

	fake_memory_map();
	start = next;
	next += pages * FAKE_PAGE_SIZE;
	memset(start, 0, pages * FAKE_PAGE_SIZE);
	return start;
}

uint64_t fake_memory_close(void)
{
	const uintptr_t last = FAKE_MEMORY_START + (size_t)FAKE_MEMORY_PAGES * FAKE_PAGE_SIZE;

	fake_memory_map();
	mprotect(next, last - (uintptr_t)next, PROT_NONE);
	return (uintptr_t)next / FAKE_PAGE_SIZE;
}

void fake_memory_open(uint64_t gfn, size_t pages)
{
	if (mprotect((void *)(uintptr_t)(gfn * FAKE_PAGE_SIZE), pages * FAKE_PAGE_SIZE,
		     PROT_READ | PROT_WRITE) != 0)
		fake_violation("no pages at frame %#lx", (unsigned long)gfn);
}

void *fake_memory_frame(uint64_t gfn)
{
	const uint64_t first = FAKE_MEMORY_START / FAKE_PAGE_SIZE;
	const uintptr_t at = gfn * FAKE_PAGE_SIZE;
	/* The program's own pages are the guest's image: it may grant a page of its bss. */
	const bool image = at >= (uintptr_t)__executable_start && at < (uintptr_t)end;

	if (!image && (gfn < first || gfn >= first + FAKE_MEMORY_PAGES))
		return NULL;
	return (void *)at;
}
