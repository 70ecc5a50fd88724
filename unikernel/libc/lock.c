/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newlib's locks.  Threads are cooperative, yet the locks must be real: a thread that flushes a
 * FILE waits inside write() while it holds the stream's lock, and another may print meanwhile.
 *
 * All are recursive, which is more than newlib asks of some.  Its nine objects and ten functions
 * are all here, so that the linker takes none of newlib's own.
 */
#include <sys/lock.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

struct __lock {
	struct thread *owner; /* NULL: free */
	unsigned int depth;
	struct waitq waiters;
};

struct __lock __lock___sinit_recursive_mutex;
struct __lock __lock___sfp_recursive_mutex;
struct __lock __lock___atexit_recursive_mutex;
struct __lock __lock___at_quick_exit_mutex;
struct __lock __lock___malloc_recursive_mutex;
struct __lock __lock___env_recursive_mutex;
struct __lock __lock___tz_mutex;
struct __lock __lock___dd_hash_mutex;
struct __lock __lock___arc4random_mutex;

/* newlib knows no failure here.  Without memory the lock stays NULL, which is no lock at all: the
 * stream works, and two threads that print to it may mix their text. */
void __retarget_lock_init(_LOCK_T *lock)
{
	*lock = heap_zalloc(sizeof(**lock));
}

void __retarget_lock_close(_LOCK_T lock)
{
	ASSERT(!lock || !lock->owner);
	heap_free(lock);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
	if (!lock)
		return 0;
	if (lock->owner && lock->owner != thread_current())
		return -1;
	lock->owner = thread_current();
	lock->depth++;
	return 0;
}

void __retarget_lock_acquire(_LOCK_T lock)
{
	while (__retarget_lock_try_acquire(lock))
		waitq_wait(&lock->waiters, TIME_FOREVER);
}

void __retarget_lock_release(_LOCK_T lock)
{
	if (!lock)
		return;
	ASSERT(lock->owner == thread_current());
	if (--lock->depth == 0) {
		lock->owner = NULL;
		waitq_wake_one(&lock->waiters);
	}
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
	__retarget_lock_init(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
	__retarget_lock_close(lock);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
	__retarget_lock_acquire(lock);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
	return __retarget_lock_try_acquire(lock);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
	__retarget_lock_release(lock);
}
