/* SPDX-License-Identifier: BSD-2-Clause */
/* Which thread runs: between thread.c, waitq.c and boot. */
#ifndef LODGER_CORE_SCHEDULE_H
#define LODGER_CORE_SCHEDULE_H

struct thread;

/* The thread, which is in no queue, will run when its turn comes. */
void schedule_ready(struct thread *thread);

/*
 * Lets the next thread run. The one that calls has put itself where it will be found again: in the
 * run queue, in a wait queue, or at vcpu->dead. Returns when its turn comes.
 */
void schedule(void);

/* Frees what is left of a thread that ended: thread.c, called on the stack of the next. */
void thread_bury(void);

#endif
