/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much of the kernel as unikernel/fs stands on, over the host's libc: memory that the sanitizer
 * watches, a single thread whose waiting finishes what the disk has in flight, and a log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ext4/disk.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/waitq.h"

bool log_visible;
unsigned int log_errors;

void *heap_alloc(size_t size)
{
	return malloc(size);
}

void *heap_zalloc(size_t size)
{
	return calloc(1, size);
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
	return aligned_alloc(PAGE_SIZE, n * PAGE_SIZE);
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
