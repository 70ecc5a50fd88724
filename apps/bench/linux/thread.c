/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX threads and semaphores. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "apps/bench/platform.h"

struct semaphore {
	sem_t sem;
};

struct start {
	void (*fn)(void *arg);
	void *arg;
};

static void *thread_main(void *arg)
{
	const struct start start = *(struct start *)arg;

	free(arg);
	start.fn(start.arg);
	return NULL;
}

bool platform_thread_start(void (*fn)(void *arg), void *arg)
{
	struct start *start = malloc(sizeof(*start));
	pthread_t thread;

	if (!start)
		return false;
	*start = (struct start){fn, arg};
	if (pthread_create(&thread, NULL, thread_main, start) != 0) {
		free(start);
		return false;
	}
	pthread_detach(thread);
	return true;
}

struct semaphore *semaphore_create(void)
{
	struct semaphore *semaphore = malloc(sizeof(*semaphore));

	if (semaphore)
		sem_init(&semaphore->sem, 0, 0);
	return semaphore;
}

void semaphore_destroy(struct semaphore *semaphore)
{
	if (semaphore)
		sem_destroy(&semaphore->sem);
	free(semaphore);
}

void semaphore_post(struct semaphore *semaphore)
{
	sem_post(&semaphore->sem);
}

void semaphore_wait(struct semaphore *semaphore)
{
	while (sem_wait(&semaphore->sem) != 0)
		;
}
