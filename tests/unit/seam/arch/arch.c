/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine of the host tests: what a mode provides, on a process.
 *
 * Pages that the kernel has not mapped, and guard pages, are out of reach here as well: touching
 * one is a fault and the end of the test.
 */
#include "unikernel/arch/x86/arch.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "tests/unit/fake/fake.h"
#include "tests/unit/fake/kernel.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/vcpu.h"

const char image_start[1], image_text[1], image_text_end[1], image_rodata[1], image_rodata_end[1],
	image_data[1], image_data_end[1], image_end[1];
char boot_stack_guard[4096], boot_stack[1], boot_stack_end[1];

bool fake_chunks_refused;

__attribute__((constructor)) static void vcpu_prepare(void)
{
	boot_vcpu.info = &fake_shared_info()->vcpu_info[0];
}

struct shared_info *arch_shared_info(void)
{
	return fake_shared_info();
}

uint64_t arch_tsc(void)
{
	return fake_clock_tsc();
}

xen_pfn_t arch_va_to_gfn(const void *va)
{
	return (uintptr_t)va >> PAGE_SHIFT;
}

static void protect(uintptr_t start, size_t bytes, int protection)
{
	if (mprotect((void *)start, bytes, protection) != 0)
		fake_violation("no such pages: %#lx", (unsigned long)start);
}

int arch_map_chunk(size_t pfn, size_t count)
{
	if (fake_chunks_refused)
		return -12; /* ENOMEM, in every libc */
	if (!count || pfn / ARCH_CHUNK_PAGES != (pfn + count - 1) / ARCH_CHUNK_PAGES)
		fake_violation("%zu pages at %#zx are not of one chunk", count, pfn);
	if (!fake_memory_frame(pfn) || !fake_memory_frame(pfn + count - 1))
		fake_violation("%zu pages at %#zx: no such memory", count, pfn);
	protect(pfn << PAGE_SHIFT, count << PAGE_SHIFT, PROT_READ | PROT_WRITE);
	return 0;
}

int arch_protect(void *pages, size_t count, enum arch_access access)
{
	static const int protection[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};

	protect((uintptr_t)pages, count << PAGE_SHIFT, protection[access]);
	return 0;
}

/* As in PV: the fake Xen knows no interrupts. */
void arch_sleep_init(void)
{
	memset(arch_shared_info()->evtchn_mask, 0xff, sizeof(arch_shared_info()->evtchn_mask));
}

void arch_sleep(const evtchn_port_t *ports, size_t count, uint64_t timeout_ns)
{
	long result = hypercall_sched_poll(ports, (unsigned int)count, timeout_ns);

	if (result != 0)
		fake_violation("SCHEDOP_poll: %ld", result);
}

int arch_map_gnttab_frame(unsigned int index, void *page)
{
	xen_pfn_t gfns[FAKE_GRANT_FRAMES + 1];
	int16_t status = GNTST_okay;

	if (index >= FAKE_GRANT_FRAMES)
		return gntst_to_errno(GNTST_general_error);
	if (hypercall_gnttab_setup_table(index + 1, gfns, &status) || status)
		return gntst_to_errno(status);
	return fake_gnttab_place(index, page);
}

/* ASan's frames are several times as large as those that the stacks were measured for. */
struct thread *__real_thread_create(const char *name, void (*fn)(void *), void *arg, size_t bytes);
struct thread *__wrap_thread_create(const char *name, void (*fn)(void *), void *arg, size_t bytes);

struct thread *__wrap_thread_create(const char *name, void (*fn)(void *), void *arg, size_t bytes)
{
	return __real_thread_create(name, fn, arg, 4 * (bytes ? bytes : THREAD_STACK_DEFAULT));
}

/* boot() calls main(), which is the guest's program; and so is this process's own, at first. */
int __real_main(int argc, char **argv);
int __wrap_main(int argc, char **argv);

int (*fake_guest_main)(int argc, char **argv);

int __wrap_main(int argc, char **argv)
{
	return fake_guest_main ? fake_guest_main(argc, argv) : __real_main(argc, argv);
}

/* The n-th allocation from now fails, once: pages and heap alike, from whichever source file. */
static unsigned long allocations_left;

void fake_fail_allocation(unsigned long n)
{
	allocations_left = n;
}

bool fake_allocation_failed(void)
{
	return allocations_left == 0;
}

static bool fails_now(void)
{
	return allocations_left && --allocations_left == 0;
}

/*
 * ASan knows nothing of the guest's pages: it is told which of them are free, that is, in the runs of
 * page_run.c. What it remembers of the frames of a thread that never left them goes with its stack.
 */
void __real_run_free(size_t pfn, size_t count);
void __wrap_run_free(size_t pfn, size_t count);

void __wrap_run_free(size_t pfn, size_t count)
{
	__real_run_free(pfn, count);
	ASAN_POISON_MEMORY_REGION((void *)(pfn << PAGE_SHIFT), count << PAGE_SHIFT);
}

#define FILLED 256 /* of each page: whoever takes it for cleared reads this first */

void __real_run_take(size_t pfn, size_t count);
void __wrap_run_take(size_t pfn, size_t count);

void __wrap_run_take(size_t pfn, size_t count)
{
	uint8_t *page = (uint8_t *)(pfn << PAGE_SHIFT);

	__real_run_take(pfn, count);
	ASAN_UNPOISON_MEMORY_REGION(page, count << PAGE_SHIFT);
	for (; count > 0; count--, page += PAGE_SIZE)
		memset(page, 0xf5, FILLED);
}

#define MAY_FAIL(name, parameters, arguments)                        \
	void *__real_##name parameters;                              \
	void *__wrap_##name parameters;                              \
	void *__wrap_##name parameters                               \
	{                                                            \
		return fails_now() ? NULL : __real_##name arguments; \
	}

MAY_FAIL(page_alloc, (void), ())
MAY_FAIL(pages_alloc, (size_t n), (n))
MAY_FAIL(heap_alloc, (size_t size), (size))
MAY_FAIL(heap_zalloc, (size_t size), (size))
