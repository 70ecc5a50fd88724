/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting: a thread is in the queue and its timer is set; whichever comes first undoes the other. */
#include "unikernel/core/waitq.h"

#include <stddef.h>

#include "unikernel/core/schedule.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"

static void waitq_add(struct waitq *q, struct thread *thread)
{
	thread->next = NULL;
	thread->prev = q->last;
	if (q->last)
		q->last->next = thread;
	else
		q->first = thread;
	q->last = thread;
	thread->waiting = q;
}

static void waitq_remove(struct thread *thread)
{
	struct waitq *q = thread->waiting;

	if (thread->prev)
		thread->prev->next = thread->next;
	else
		q->first = thread->next;
	if (thread->next)
		thread->next->prev = thread->prev;
	else
		q->last = thread->prev;
	thread->waiting = NULL;
}

static void waitq_wake(struct thread *thread)
{
	waitq_remove(thread);
	timer_cancel(&thread->timeout);
	schedule_ready(thread);
}

static void waitq_timeout(void *arg)
{
	struct thread *thread = arg;

	thread->timed_out = true;
	waitq_wake(thread);
}

int waitq_wait(struct waitq *q, uint64_t deadline_ns)
{
	struct thread *self = thread_current();

	if (deadline_ns == TIME_POLL)
		return -ETIMEDOUT;
	self->timed_out = false;
	waitq_add(q, self);
	timer_set(&self->timeout, deadline_ns, waitq_timeout, self);
	schedule();
	return self->timed_out ? -ETIMEDOUT : 0;
}

void waitq_wake_one(struct waitq *q)
{
	if (q->first)
		waitq_wake(q->first);
}

void waitq_wake_all(struct waitq *q)
{
	while (q->first)
		waitq_wake(q->first);
}
