/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   faults of every kind end in a panic that names them, and in SHUTDOWN_crash.
 * Why:    W^X, NX, the NULL guard and the stack guards are only there if they stop somebody.
 * Method: the first argument says which fault to make. The verdict is FAILURE if the fault goes
 *         through; the runner looks for the panic's words and takes them for success (tests/guest/run).
 */
#include <string.h>

#include "hypercall/hypercall.h"
#include "tests/guest/verdict.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

/* The compiler must not see through what is done with them. */
static void *hidden(uintptr_t address)
{
	__asm__ volatile("" : "+r"(address));
	return (void *)address;
}

static void null_read(void)
{
	say("%d\n", *(int *)hidden(8));
}

static void null_call(void)
{
	((void (*)(void))hidden(0))();
}

static void text_write(void)
{
	memset(hidden((uintptr_t)image_text), 0, 16);
}

static void rodata_write(void)
{
	memset(hidden((uintptr_t)image_rodata), 0, 16);
}

static void data_execute(void)
{
	static unsigned char code[] = {0xc3};

	((void (*)(void))hidden((uintptr_t)code))();
}

static void heap_execute(void)
{
	unsigned char *code = heap_alloc(5000);

	code[0] = 0xc3;
	((void (*)(void))hidden((uintptr_t)code))();
}

static void low_execute(void)
{
	unsigned char *code = hidden(0x20000); /* memory below the image, mapped by the builder */

	((void (*)(void))code)();
}

/* The second way to all memory, which is Xen's alone and there for reading: HVM and PVH. */
static void mirror_write(void)
{
	memset(hidden(hypercall_read(image_text)), 0, 16);
}

static void mirror_execute(void)
{
	((void (*)(void))hidden(hypercall_read(image_text)))();
}

/* Touches the guard from above, as a function does that walks off its array. */
static void guard_touch(void *arg)
{
	(void)arg;
	*(char *)hidden((uintptr_t)thread_current()->stack - 1) = 0;
}

static void guard_main(void)
{
	guard_touch(NULL);
}

static void guard_thread(void)
{
	thread_create("victim", guard_touch, NULL, 0);
	thread_sleep_until(time_in(TIME_S));
}

/* Never ends, in effect: the stack is used up call by call. */
static int recurse(int depth)
{
	int (*volatile again)(int) = recurse;

	return depth < 0 ? 0 : again(depth + 1) + 1;
}

static void overflow(void)
{
	say("%d\n", recurse(0));
}

static void smash(void)
{
	volatile char array[16];
	volatile char *p = hidden((uintptr_t)array);

	for (int i = 0; i < 64; i++)
		p[i] = 'A';
}

static void double_free(void)
{
	char *p = heap_alloc(100);

	heap_free(p);
	heap_free(hidden((uintptr_t)p));
}

static void invalid_opcode(void)
{
	__asm__ volatile("ud2");
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
}

static void divide(void)
{
	volatile int zero = 0, much = 100;

	say("%d\n", much / zero);
}

static void assertion(void)
{
	ASSERT(!hidden(1));
}

static void privileged(void)
{
	__asm__ volatile("mov %%cr3, %%rax\n\tmov %%rax, %%cr3\n\thlt\n\twrmsr" ::: "rax");
}

static void misuse(void)
{
	thread_exit();
}

/* An exception without a table of exceptions: the processor gives up. Of HVM and PVH alone. */
static void triple_fault(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) none = {0, 0};

	__asm__ volatile("lidt %0\n\tud2" ::"m"(none));
}

#define FAULT(function)             \
	{                           \
#function, function \
	}

static const struct {
	const char *name;
	void (*fn)(void);
} faults[] = {
	FAULT(null_read),      FAULT(null_call),    FAULT(text_write),	FAULT(rodata_write),
	FAULT(data_execute),   FAULT(heap_execute), FAULT(low_execute), FAULT(guard_main),
	FAULT(guard_thread),   FAULT(overflow),	    FAULT(smash),	FAULT(double_free),
	FAULT(invalid_opcode), FAULT(breakpoint),   FAULT(divide),	FAULT(assertion),
	FAULT(privileged),     FAULT(triple_fault), FAULT(misuse),	FAULT(mirror_write),
	FAULT(mirror_execute),
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (argc < 2 || strcmp(argv[1], faults[i].name))
			continue;
		say("crash: %s\n", faults[i].name);
		faults[i].fn();
		CHECK(!"the fault went through");
		return verdict("crash");
	}
	return verdict_error("crash", "no such fault");
}
