/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues. Threads are cooperative, so between looking at a condition and waiting nothing can
 * happen: no lock, and no lost wake-up. A wake may come from a thread, from an event handler or
 * from a timer. A woken thread runs later; by then the condition may be gone again, hence the loop
 * in waitq_wait_until().
 */
#ifndef LODGER_CORE_WAITQ_H
#define LODGER_CORE_WAITQ_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct thread;

/* Threads that wait, the longest waiting first. Zeroed memory is an empty queue. */
struct waitq {
	struct thread *first, *last;
};

#define WAITQ_INIT   \
	{            \
		0, 0 \
	}

/*
 * Lets other threads run until somebody wakes this one or monotonic time reaches deadline_ns:
 * 0 woken, -ETIMEDOUT otherwise. With TIME_POLL it returns at once without letting others run.
 */
int waitq_wait(struct waitq *q, uint64_t deadline_ns);

void waitq_wake_one(struct waitq *q);
void waitq_wake_all(struct waitq *q);

static inline bool waitq_empty(const struct waitq *q)
{
	return q->first == 0;
}

/* 0 once the condition holds, -ETIMEDOUT if it does not at the deadline. */
#define waitq_wait_until(q, condition, deadline_ns)                                          \
	({                                                                                   \
		const uint64_t waitq_deadline_ = (deadline_ns);                              \
		int waitq_result_ = 0;                                                       \
		while (!(condition)) {                                                       \
			if (waitq_result_) /* it was late already: that was the last look */ \
				break;                                                       \
			waitq_result_ = waitq_wait((q), waitq_deadline_);                    \
		}                                                                            \
		(condition) ? 0 : -ETIMEDOUT;                                                \
	})

#endif
