/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libc's own beginning, and its state of every thread.
 *
 * newlib keeps errno, strtok()'s place and the like in a struct _reent.  The main thread has
 * newlib's global one; other threads get theirs when they first need it, since most threads of the
 * kernel never call libc.
 */
#include <reent.h>
#include <string.h>
#include <unistd.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/libc/console.h"

struct _reent *__getreent(void)
{
	struct thread *thread = thread_current();
	if (!thread->libc) {
		struct _reent *reent = heap_alloc(sizeof(*reent));
		if (!reent) /* shared with the main thread: a wrong errno at worst */
			return _GLOBAL_REENT;
		_REENT_INIT_PTR(reent);
		thread->libc = reent;
	}
	return thread->libc;
}

static void reent_free(struct thread *thread)
{
	struct _reent *reent = thread->libc;
	if (!reent || reent == _GLOBAL_REENT)
		return;
	_reclaim_reent(reent);
	thread->libc = NULL;
	heap_free(reent);
}

/* There only if the program uses stdio. */
extern void __sinit(struct _reent *reent) __attribute__((weak));

static int libc_start(void)
{
	thread_current()->libc = _GLOBAL_REENT;
	/* exit() flushes stdio only if the main thread has opened it, though another has printed. */
	if (__sinit)
		__sinit(_GLOBAL_REENT);
	thread_libc_dtor = reent_free;
	environ = boot_environ();
	return console_files_install();
}
INIT(INIT_SYSTEM, libc_start);
