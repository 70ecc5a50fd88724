/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a thread. Its stack is a run of pages, of which the lowest is the guard:
 *
 *	| guard: not mapped | stack …                      <- sp grows down | first frame |
 *	^ allocated run     ^ thread->stack                                 ^ + stack_bytes
 */
#include "unikernel/core/thread.h"

#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/schedule.h"
#include "unikernel/core/time.h"
#include "unikernel/core/vcpu.h"

void (*thread_libc_dtor)(struct thread *thread);

static struct thread main_thread;
static struct thread *all; /* the newest first */
static size_t count;

static void thread_enlist(struct thread *thread, const char *name)
{
	format(thread->name, sizeof(thread->name), "%s", name);
	thread->all_prev = NULL;
	thread->all_next = all;
	if (all)
		all->all_prev = thread;
	all = thread;
	count++;
}

static void thread_delist(struct thread *thread)
{
	if (thread->all_prev)
		thread->all_prev->all_next = thread->all_next;
	else
		all = thread->all_next;
	if (thread->all_next)
		thread->all_next->all_prev = thread->all_prev;
	count--;
}

static char *stack_create(size_t bytes)
{
	char *run = pages_alloc(1 + pages_of(bytes));

	if (!run)
		return NULL;
	if (arch_protect(run, 1, ARCH_NONE)) {
		pages_free(run, 1 + pages_of(bytes));
		return NULL;
	}
	return run + PAGE_SIZE;
}

static void stack_destroy(char *stack, size_t bytes)
{
	char *run = stack - PAGE_SIZE;

	arch_protect(run, 1, ARCH_WRITE); /* as it was: no table is wanted for that */
	pages_free(run, 1 + pages_of(bytes));
}

/* A new thread's first frame: arch_switch() "returns" to here. */
static void thread_begin(void)
{
	struct thread *self = thread_current();

	thread_bury();
	self->fn(self->arg);
	thread_exit();
}

struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes)
{
	struct thread *thread = heap_zalloc(sizeof(*thread));

	if (!thread)
		return NULL;
	thread->stack_bytes = pages_of(stack_bytes ? stack_bytes : THREAD_STACK_DEFAULT)
			      << PAGE_SHIFT;
	thread->stack = stack_create(thread->stack_bytes);
	if (!thread->stack) {
		heap_free(thread);
		return NULL;
	}
	thread->fn = fn;
	thread->arg = arg;
	thread->sp = arch_stack_prepare(thread->stack + thread->stack_bytes, thread_begin);
	thread_enlist(thread, name);
	schedule_ready(thread);
	return thread;
}

/* Nobody frees the stack that he stands on: the next thread to run does it. */
void thread_exit(void)
{
	struct thread *self = thread_current();

	if (self == &main_thread)
		panic("the main thread must not end");
	if (thread_libc_dtor && self->libc)
		thread_libc_dtor(self);
	thread_delist(self);
	vcpu_current()->dead = self;
	schedule();
	__builtin_unreachable();
}

void thread_bury(void)
{
	struct vcpu *vcpu = vcpu_current();
	struct thread *dead = vcpu->dead;

	if (!dead)
		return;
	vcpu->dead = NULL;
	stack_destroy(dead->stack, dead->stack_bytes);
	heap_free(dead);
}

struct thread *thread_current(void)
{
	return vcpu_current()->current;
}

void thread_yield(void)
{
	schedule_ready(thread_current());
	schedule();
}

void thread_sleep_until(uint64_t deadline_ns)
{
	struct waitq nobody_wakes = WAITQ_INIT;

	waitq_wait(&nobody_wakes, deadline_ns);
}

size_t thread_count(void)
{
	return count;
}

const struct thread *thread_by_guard(uintptr_t va)
{
	for (const struct thread *thread = all; thread; thread = thread->all_next)
		if (va < (uintptr_t)thread->stack && va >= (uintptr_t)thread->stack - PAGE_SIZE)
			return thread;
	return NULL;
}

void thread_init(void *stack, size_t stack_bytes)
{
	main_thread.stack = stack;
	main_thread.stack_bytes = stack_bytes;
	thread_enlist(&main_thread, "main");
	vcpu_current()->current = &main_thread;
}
