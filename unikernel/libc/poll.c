/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for any of many files.
 *
 * A poll() that finds nothing ready hangs a watch on every file it was asked about and sleeps on a
 * queue of its own.  file_notify() walks the watches of one file and wakes their owners, who look
 * again.  So a wake-up costs what its own files cost, and files that nobody waits for cost nothing.
 *
 *	poll ── watch ── file A        file_notify(A): A.watches → poll.rung = true, wake
 *	     └─ watch ── file B
 *
 * No notification is lost between looking and sleeping: threads are cooperative, and the watches
 * hang before the first look.
 *
 * Every poll() yields once before it looks: a loop whose descriptors are always ready would
 * otherwise never let the threads run that feed them.
 */
#include <poll.h>
#include <stdint.h>
#include <sys/select.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

/* One call of poll(). */
struct poll {
	struct waitq waitq;
	bool rung; /* a file that is watched was notified since the last look */
};

/* Hung on file->watches, a doubly linked list. */
struct file_watch {
	struct poll *poll;
	struct file *file; /* NULL: this descriptor is not watched */
	struct file_watch *next, **link;
};

#define POLL_ALWAYS (POLLERR | POLLHUP | POLLNVAL)

void file_notify(struct file *f)
{
	for (struct file_watch *watch = f->watches; watch; watch = watch->next) {
		watch->poll->rung = true;
		waitq_wake_all(&watch->poll->waitq);
	}
}

static short file_poll(struct file *f)
{
	return f->ops->poll ? f->ops->poll(f) : POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static void watch_hang(struct file_watch *watch, struct poll *poll, struct file *f)
{
	watch->poll = poll;
	watch->file = f;
	watch->next = f->watches;
	watch->link = &f->watches;
	if (watch->next)
		watch->next->link = &watch->next;
	f->watches = watch;
}

static void watch_take_down(struct file_watch *watch)
{
	*watch->link = watch->next;
	if (watch->next)
		watch->next->link = watch->link;
	file_put(watch->file);
}

/* Answers into revents; how many have one. */
static int poll_look(struct pollfd *fds, nfds_t nfds, const struct file_watch *watches)
{
	int ready = 0;
	for (nfds_t i = 0; i < nfds; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		short now = watches[i].file ? file_poll(watches[i].file) : POLLNVAL;
		fds[i].revents = (short)(now & (fds[i].events | POLL_ALWAYS));
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int poll_until(struct pollfd *fds, nfds_t nfds, uint64_t deadline_ns)
{
	if (nfds > FILE_MAX)
		return -EINVAL;
	struct file_watch few[8], *watches = few;
	if (nfds > sizeof(few) / sizeof(few[0])) {
		watches = heap_alloc(nfds * sizeof(*watches));
		if (!watches)
			return -ENOMEM;
	}
	struct poll poll = {.waitq = WAITQ_INIT};
	for (nfds_t i = 0; i < nfds; i++) {
		struct file *f = fds[i].fd < 0 ? NULL : file_get(fds[i].fd);
		watches[i].file = NULL;
		if (f)
			watch_hang(&watches[i], &poll, f);
	}
	thread_yield();
	int ready;
	for (;;) {
		poll.rung = false;
		ready = poll_look(fds, nfds, watches);
		if (ready || waitq_wait_until(&poll.waitq, poll.rung, deadline_ns))
			break;
	}
	for (nfds_t i = 0; i < nfds; i++)
		if (watches[i].file)
			watch_take_down(&watches[i]);
	if (watches != few)
		heap_free(watches);
	return ready;
}

int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	uint64_t deadline_ns = TIME_FOREVER;
	if (timeout >= 0)
		deadline_ns = timeout ? time_in((unsigned int)timeout * TIME_MS) : TIME_POLL;
	return result_int(poll_until(fds, nfds, deadline_ns));
}

/* select() is poll() with sets: one pollfd for every descriptor that is in any of the three. */
static int select_until(int nfds, fd_set *in, fd_set *out, fd_set *except, uint64_t deadline_ns)
{
	if (nfds < 0 || nfds > FD_SETSIZE)
		return -EINVAL;
	struct pollfd *fds = heap_alloc(((size_t)nfds + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	nfds_t count = 0;
	for (int fd = 0; fd < nfds; fd++) {
		short events = 0;
		if (in && FD_ISSET(fd, in))
			events |= POLLIN;
		if (out && FD_ISSET(fd, out))
			events |= POLLOUT;
		if (except && FD_ISSET(fd, except))
			events |= POLLPRI;
		if (events)
			fds[count++] = (struct pollfd){.fd = fd, .events = events};
	}
	int bits = poll_until(fds, count, deadline_ns);
	for (nfds_t i = 0; bits >= 0 && i < count; i++)
		if (fds[i].revents & POLLNVAL)
			bits = -EBADF;
	if (bits >= 0) {
		bits = 0;
		for (nfds_t i = 0; i < count; i++) {
			const int fd = fds[i].fd;
			const short asked = fds[i].events, got = fds[i].revents;
			if ((asked & POLLIN) && !(got & (POLLIN | POLLHUP | POLLERR)))
				FD_CLR(fd, in);
			else
				bits += (asked & POLLIN) != 0;
			if ((asked & POLLOUT) && !(got & (POLLOUT | POLLERR)))
				FD_CLR(fd, out);
			else
				bits += (asked & POLLOUT) != 0;
			if ((asked & POLLPRI) && !(got & POLLPRI))
				FD_CLR(fd, except);
			else
				bits += (asked & POLLPRI) != 0;
		}
	}
	heap_free(fds);
	return bits;
}

int pselect(int nfds, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
	    const sigset_t *mask)
{
	uint64_t deadline_ns = TIME_FOREVER;
	(void)mask; /* there are no signals */
	if (timeout) {
		if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000)
			return result_int(-EINVAL);
		if (timeout->tv_sec < (time_t)(UINT32_MAX))
			deadline_ns = time_in((uint64_t)timeout->tv_sec * TIME_S +
					      (uint64_t)timeout->tv_nsec);
		if (timeout->tv_sec == 0 && timeout->tv_nsec == 0)
			deadline_ns = TIME_POLL;
	}
	return result_int(select_until(nfds, in, out, except, deadline_ns));
}

int select(int nfds, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	if (!timeout)
		return pselect(nfds, in, out, except, NULL, NULL);
	if (timeout->tv_usec < 0 || timeout->tv_usec >= 1000000)
		return result_int(-EINVAL);
	struct timespec ts = {timeout->tv_sec, (long)timeout->tv_usec * 1000};
	return pselect(nfds, in, out, except, &ts, NULL);
}
