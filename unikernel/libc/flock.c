/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flock(): locks that belong to an open file.  Two that were opened apart are in each other's way
 * even within one program, which is what its threads may use them for.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

struct file_lock {
	struct file_lock *next;
	dev_t dev;
	ino_t ino;
	bool exclusive;
};

static struct file_lock *locks;
static struct waitq unlocked;

static void lock_drop(struct file *f)
{
	struct file_lock **at = &locks;
	while (*at && *at != f->lock)
		at = &(*at)->next;
	if (*at)
		*at = f->lock->next;
	heap_free(f->lock);
	f->lock = NULL;
	waitq_wake_all(&unlocked);
}

static bool lock_possible(const struct file_lock *wanted)
{
	for (const struct file_lock *lock = locks; lock; lock = lock->next) {
		if (lock->dev == wanted->dev && lock->ino == wanted->ino &&
		    (lock->exclusive || wanted->exclusive))
			return false;
	}
	return true;
}

static int lock_take(struct file *f, bool exclusive, bool wait)
{
	struct stat st = {0};
	int error = f->ops->fstat ? f->ops->fstat(f, &st) : -EINVAL;
	if (error)
		return error;
	struct file_lock *lock = heap_zalloc(sizeof(*lock));
	if (!lock)
		return -ENOMEM;
	*lock = (struct file_lock){.dev = st.st_dev, .ino = st.st_ino, .exclusive = exclusive};
	if (!lock_possible(lock) && !wait) {
		heap_free(lock);
		return -EWOULDBLOCK;
	}
	waitq_wait_until(&unlocked, lock_possible(lock), TIME_FOREVER);
	lock->next = locks;
	locks = f->lock = lock;
	file_unlock_hook = lock_drop;
	return 0;
}

int flock(int fd, int operation)
{
	const int kind = operation & ~LOCK_NB;
	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return result_int(-EINVAL);
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	/* One kind becomes the other by giving it up first, as elsewhere. */
	if (f->lock)
		lock_drop(f);
	int error = kind == LOCK_UN ? 0 : lock_take(f, kind == LOCK_EX, !(operation & LOCK_NB));
	file_put(f);
	return result_int(error);
}
