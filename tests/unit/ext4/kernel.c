/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much of the kernel as unikernel/fs stands on, over the host's libc: memory that the sanitizer
 * watches, a single thread whose waiting finishes what the disk has in flight, and a log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/ext4/disk.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

bool log_visible;
unsigned int log_errors;

unsigned int heap_fail_one_in;

/* Is this one of those that are to fail? */
static bool heap_fails(void)
{
	static uint32_t random = 1;
	random = random * 1664525u + 1013904223u;
	return heap_fail_one_in && (random >> 8) % heap_fail_one_in == 0;
}

void *heap_alloc(size_t size)
{
	return heap_fails() ? NULL : malloc(size);
}

void *heap_zalloc(size_t size)
{
	return heap_fails() ? NULL : calloc(1, size);
}

void *heap_realloc(void *p, size_t size)
{
	return realloc(p, size);
}

void heap_free(void *p)
{
	free(p);
}

void *pages_alloc(size_t n)
{
	return heap_fails() ? NULL : aligned_alloc(PAGE_SIZE, n * PAGE_SIZE);
}

void pages_free(void *p, size_t n)
{
	(void)n;
	free(p);
}

int waitq_wait(struct waitq *q, uint64_t deadline_ns)
{
	(void)q, (void)deadline_ns;
	if (!disk_finish_one()) {
		fprintf(stderr, "waits, and nothing is in flight: this would hang\n");
		abort();
	}
	return 0;
}

void waitq_wake_one(struct waitq *q)
{
	(void)q;
}

void waitq_wake_all(struct waitq *q)
{
	(void)q;
}

void thread_yield(void)
{
}

/* The one that commits every few seconds: the tests do that themselves. */
struct thread *thread_create(const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes)
{
	static struct thread never;
	(void)name, (void)fn, (void)arg, (void)stack_bytes;
	return &never;
}

void thread_sleep_until(uint64_t deadline_ns)
{
	(void)deadline_ns;
	abort();
}

uint64_t time_in(uint64_t ns)
{
	return ns;
}

uint64_t time_wall_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * TIME_S + (uint64_t)now.tv_nsec;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	if (level == LOG_ERROR)
		log_errors++;
	if (!log_visible)
		return;
	va_list args;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void panic(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
