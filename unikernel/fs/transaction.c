/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When what was changed goes to the disk.
 *
 *	running ── commit ──> in the log ── checkpoint ──> in place
 *
 * A commit comes by fsync() and its kin, 5 s after the first change, or when there is no more memory
 * (see writable.c for the bound) or log for what the next call may change.  A checkpoint empties the
 * whole log: it comes when that is so after a commit as well, at the unmount, and when freed blocks
 * are wanted.
 */
#include <errno.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/block.h"
#include "unikernel/fs/group.h"
#include "unikernel/fs/journal.h"

#define COMMIT_AFTER (5 * TIME_S)

static struct waitq work;
static bool touched; /* the call that is running has changed something */
static struct thread *committer;

void transaction_fail(const char *why)
{
	if (!ext4.writable)
		return;
	log_error("ext4: %s: nothing is written any more", why);
	ext4.writable = false;
	ext4.failed = true;
}

void transaction_touch(void)
{
	touched = true;
	waitq_wake_one(&work);
}

static bool room_for_one_more(void)
{
	unsigned int running;
	blocks_running(&running);
	return blocks_room() >= TRANSACTION_BLOCKS && groups_pinned() < GROUPS_PINNED_MOST &&
	       journal_room() >= journal_blocks_for(running + TRANSACTION_BLOCKS);
}

/* In the middle of a change it would be too late to find out. */
static bool memory_for_one(void)
{
	void *probe = heap_alloc(8 * (size_t)ext4.fs->blocksize + 4096);
	heap_free(probe);
	return probe != NULL;
}

int transaction_begin(void)
{
	if (!ext4.writable)
		return ext4.failed ? -EIO : -EROFS;
	int error = ext4_start_writing();
	if (!error && !room_for_one_more())
		error = transaction_checkpoint();
	if (!error && !blocks_reserve(TRANSACTION_BLOCKS)) {
		error = transaction_checkpoint();
		if (!error && !blocks_reserve(TRANSACTION_BLOCKS))
			error = -ENOMEM;
	}
	touched = false;
	return !error && !memory_for_one() ? -ENOMEM : error;
}

int transaction_end(int error)
{
	/* Everything else is found out before anything is changed. */
	if ((error == -EIO || error == -ENOMEM) && touched)
		transaction_fail("a change could not be made as a whole");
	/* It may have failed where nobody could say so. */
	return !error && !ext4.writable ? -EIO : error;
}

bool transaction_has_room(unsigned int blocks)
{
	return blocks_spare() >= blocks;
}

/* What was kept for the end: once for all the changes of a transaction. */
static int summaries_store(void)
{
	int error = inodes_store();
	if (!error)
		error = groups_store();
	return error ? error : super_store();
}

static int commit(void)
{
	if (!ext4.writable)
		return ext4.failed ? -EIO : 0;
	unsigned int count;
	blocks_running(&count);
	if (!count) {
		cache_write_back(ext4.cache);
		return cache_flush(ext4.cache);
	}
	int error = summaries_store();
	struct buffer *const *running = blocks_running(&count);
	if (!error && ext4.writable)
		error = journal_append(running, count);
	if (error) {
		transaction_fail("the journal cannot be written");
		return -EIO;
	}
	blocks_committed();
	return ext4.writable ? 0 : -EIO;
}

int transaction_commit(void)
{
	const uint64_t failures = cache_failures(ext4.cache);
	int error = commit();
	return failures == cache_failures(ext4.cache) ? error : -EIO;
}

int transaction_checkpoint(void)
{
	int error = commit();
	if (error || !ext4.writable)
		return error ? error : -EROFS;
	error = blocks_checkpoint();
	if (!error)
		error = journal_empty(true);
	if (error) {
		transaction_fail("a checkpoint cannot be written");
		return -EIO;
	}
	groups_unpin();
	return 0;
}

static bool work_pending(void)
{
	unsigned int running = 0;
	if (ext4.writable)
		blocks_running(&running);
	return running > 0;
}

static void commit_sometimes(void *unused)
{
	(void)unused;
	for (;;) {
		waitq_wait_until(&work, work_pending(), TIME_FOREVER);
		thread_sleep_until(time_in(COMMIT_AFTER));
		ext4_lock();
		transaction_commit();
		ext4_unlock();
	}
}

int transactions_begin(void)
{
	if (!committer)
		committer = thread_create("ext4", commit_sometimes, NULL, 0);
	return committer ? 0 : -ENOMEM;
}
