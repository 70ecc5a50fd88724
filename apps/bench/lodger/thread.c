/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the kernel, and semaphores of its wait queues. */
#include "unikernel/core/thread.h"

#include <stdlib.h>

#include "apps/bench/platform.h"
#include "unikernel/core/time.h"

/* 32 of them must fit a small guest. */
#define STACK_BYTES ((size_t)16 << 10)

struct semaphore {
	unsigned int count;
	struct waitq waiters;
};

bool platform_thread_start(void (*fn)(void *arg), void *arg)
{
	return thread_create("bench", fn, arg, STACK_BYTES) != NULL;
}

struct semaphore *semaphore_create(void)
{
	return calloc(1, sizeof(struct semaphore));
}

void semaphore_destroy(struct semaphore *semaphore)
{
	free(semaphore);
}

void semaphore_post(struct semaphore *semaphore)
{
	semaphore->count++;
	waitq_wake_one(&semaphore->waiters);
}

void semaphore_wait(struct semaphore *semaphore)
{
	waitq_wait_until(&semaphore->waiters, semaphore->count > 0, TIME_FOREVER);
	semaphore->count--;
}
