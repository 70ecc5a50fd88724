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
#include "unikernel/core/evtchn.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/vcpu.h"

#define STACKS 4096

/* Where the stacks that arch_stack_prepare() has seen end. */
static uintptr_t stack_tops[STACKS];

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

/*
 * The guard of a stack comes back when its thread has ended. What ASan remembers of the frames that
 * were never left would otherwise be held against whoever gets the pages next.
 */
static void stack_forget(void *page)
{
	uintptr_t *top = NULL;

	for (size_t i = 0; i < STACKS; i++)
		if (stack_tops[i] > (uintptr_t)page && (!top || stack_tops[i] < *top))
			top = &stack_tops[i];
	if (!top)
		return;
	__asan_unpoison_memory_region(page, *top - (uintptr_t)page);
	*top = 0;
}

int arch_protect(void *pages, size_t count, enum arch_access access)
{
	static const int protection[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE};

	protect((uintptr_t)pages, count << PAGE_SHIFT, protection[access]);
	if (access == ARCH_WRITE)
		stack_forget(pages);
	return 0;
}

/* As in PV: the fake Xen has SCHEDOP_poll, and no interrupts. */
void arch_sleep_init(void)
{
	memset(arch_shared_info()->evtchn_mask, 0xff, sizeof(arch_shared_info()->evtchn_mask));
}

void arch_sleep(evtchn_port_t *ports, size_t count, uint64_t deadline_ns)
{
	evtchn_poll_ports(ports, count, deadline_ns);
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

/* The shipping one (--wrap, tests.mk), remembering where the stack ends. */
void *__real_arch_stack_prepare(void *top, void (*entry)(void));
void *__wrap_arch_stack_prepare(void *top, void (*entry)(void));

void *__wrap_arch_stack_prepare(void *top, void (*entry)(void))
{
	for (size_t i = 0; i < STACKS; i++)
		if (!stack_tops[i]) {
			stack_tops[i] = (uintptr_t)top;
			break;
		}
	return __real_arch_stack_prepare(top, entry);
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
 * Pages that were freed are filled, and must be as they were filled when somebody gets them again:
 * ASan knows nothing of them. What page.c takes for itself is its own affair.
 */
#define FILLING 0xf5

static bool filled[FAKE_MEMORY_PAGES];

static bool *filled_at(const void *page)
{
	const size_t at = ((uintptr_t)page - FAKE_MEMORY_START) >> PAGE_SHIFT;

	return at < FAKE_MEMORY_PAGES ? &filled[at] : NULL;
}

static void *pages_taken(void *run, size_t n)
{
	static const uint8_t was[PAGE_SIZE] = {[0 ... PAGE_SIZE - 1] = FILLING};

	for (uint8_t *page = run; run && n > 0; n--, page += PAGE_SIZE) {
		if (filled_at(page) && *filled_at(page) && memcmp(page, was, PAGE_SIZE) != 0)
			fake_violation("page %p was written to after it had been freed", page);
		if (filled_at(page))
			*filled_at(page) = false;
	}
	return run;
}

void __real_pages_free(void *p, size_t n);
void __wrap_pages_free(void *p, size_t n);

void __wrap_pages_free(void *p, size_t n)
{
	__real_pages_free(p, n); /* sees to it that it is a run */
	for (uint8_t *page = p; p && n > 0; n--, page += PAGE_SIZE)
		if (filled_at(page)) {
			__asan_unpoison_memory_region(page, PAGE_SIZE);
			memset(page, FILLING, PAGE_SIZE);
			*filled_at(page) = true;
		}
}

bool __real_pages_resize(void *p, size_t old_n, size_t new_n);
bool __wrap_pages_resize(void *p, size_t old_n, size_t new_n);

bool __wrap_pages_resize(void *p, size_t old_n, size_t new_n)
{
	const bool done = __real_pages_resize(p, old_n, new_n);

	if (done && new_n > old_n)
		pages_taken((uint8_t *)p + old_n * PAGE_SIZE, new_n - old_n);
	return done;
}

void *__real_pages_alloc_aligned(size_t n, size_t align);
void *__wrap_pages_alloc_aligned(size_t n, size_t align);

void *__wrap_pages_alloc_aligned(size_t n, size_t align)
{
	return pages_taken(__real_pages_alloc_aligned(n, align), n);
}

#define MAY_FAIL(name, parameters, arguments, pages)                                     \
	void *__real_##name parameters;                                                  \
	void *__wrap_##name parameters;                                                  \
	void *__wrap_##name parameters                                                   \
	{                                                                                \
		return fails_now() ? NULL : pages_taken(__real_##name arguments, pages); \
	}

MAY_FAIL(page_alloc, (void), (), 1)
MAY_FAIL(pages_alloc, (size_t n), (n), n)
MAY_FAIL(heap_alloc, (size_t size), (size), 0)
MAY_FAIL(heap_zalloc, (size_t size), (size), 0)
