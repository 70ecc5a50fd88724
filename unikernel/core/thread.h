/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cooperative threads. A thread runs until it waits (waitq.h), sleeps, yields or ends; only there
 * do others run, pending events get handled and due timers fire (the safe points). What lies
 * between two safe points is atomic, and needs no lock. A thread that computes for long delays
 * all others and should call thread_yield().
 */
#ifndef LODGER_CORE_THREAD_H
#define LODGER_CORE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unikernel/core/timer.h"
#include "unikernel/core/waitq.h"

#define THREAD_STACK_DEFAULT ((size_t)64 << 10)
#define THREAD_NAME_MAX	     16

/* Fields are thread.c's, but `libc` (libc's own state of the thread) and, to read, `name`. */
struct thread {
	void *sp; /* the stack pointer while another runs; first, for arch_switch() */
	char name[THREAD_NAME_MAX];
	void *libc;
	struct thread *next;   /* in the run queue or in a wait queue */
	struct thread *prev;   /* in a wait queue */
	struct waitq *waiting; /* the queue it is in, or NULL */
	struct timer timeout;
	bool timed_out;
	char *stack; /* lowest usable byte; the page below is the guard */
	size_t stack_bytes;
	struct thread *all_next, *all_prev; /* every thread there is */
	void (*fn)(void *arg);
	void *arg;
};

/*
 * A new thread, ready to run fn(arg); it ends when fn returns. stack_bytes is rounded up to pages,
 * 0 is THREAD_STACK_DEFAULT. NULL when there is no memory. The pointer is good until it ends.
 */
struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg,
			     size_t stack_bytes);

struct thread *thread_current(void);
void thread_yield(void);
void thread_sleep_until(uint64_t deadline_ns);
_Noreturn void thread_exit(void);

/* Called, if set, in a thread that ends, to free what it hung at thread->libc. */
extern void (*thread_libc_dtor)(struct thread *thread);

/* How many there are, the main thread included. */
size_t thread_count(void);

/* The thread whose guard page holds va, or NULL: for the panic message. */
const struct thread *thread_by_guard(uintptr_t va);

/* For boot: makes the running stack the main thread. */
void thread_init(void *stack, size_t stack_bytes);

#endif
