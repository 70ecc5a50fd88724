/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's idea of an operating system on the kernel's threads and wait queues (its doc/sys_arch.txt
 * says what each function owes).
 *
 * Threads are cooperative, so none of these objects needs protection of its own.  For the same
 * reason the core lock is never contended as long as its holder does not wait, and lwIP lets go of
 * it before it waits; it is a real lock all the same, and the kernel says so if that ever changes.
 */
#include <lwip/err.h>
#include <lwip/priv/api_msg.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>

#include "unikernel/core/panic.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

struct net_semaphore {
	unsigned int count;
	struct waitq raised;
};

struct net_mutex {
	struct thread *owner;
	struct waitq released;
};

/*
 * A ring of pointers. That a connection has ended is told once, by at most two messages (netconn_closed,
 * then netconn_aborted or netconn_reset), so there is room that only those may take: whoever reads would
 * wait for ever for an end that got lost. Data that find it full lwIP keeps and offers again, but it forgets
 * the end that came with them when they are more than 64 KiB; so the mailbox of a stream grows, as far as
 * the window and the memory of the network let data come.
 */
#define ROOM_FOR_THE_END 2u
#define GROWS(size)	 ((size) == DEFAULT_TCP_RECVMBOX_SIZE)

_Static_assert(!GROWS(TCPIP_MBOX_SIZE) && !GROWS(DEFAULT_ACCEPTMBOX_SIZE) &&
		       !GROWS(DEFAULT_UDP_RECVMBOX_SIZE),
	       "a mailbox is told by its size");

struct net_mailbox {
	unsigned int first, count, size;
	bool grows;
	struct waitq filled, drained;
	void **message;
};

/* lwIP counts milliseconds, with 0 for ever. */
static uint64_t deadline_from_ms(u32_t timeout_ms)
{
	return timeout_ms == 0 ? TIME_FOREVER : time_in(timeout_ms * TIME_MS);
}

void sys_init(void)
{
}

u32_t sys_now(void)
{
	return (u32_t)(time_monotonic_ns() / TIME_MS);
}

err_t sys_sem_new(sys_sem_t *sem, u8_t count)
{
	*sem = net_calloc(1, sizeof(**sem));
	if (!*sem)
		return ERR_MEM;
	(*sem)->count = count;
	return ERR_OK;
}

void sys_sem_free(sys_sem_t *sem)
{
	net_free(*sem);
}

void sys_sem_signal(sys_sem_t *sem)
{
	(*sem)->count++;
	waitq_wake_one(&(*sem)->raised);
}

u32_t sys_arch_sem_wait(sys_sem_t *sem, u32_t timeout_ms)
{
	struct net_semaphore *s = *sem;

	if (waitq_wait_until(&s->raised, s->count > 0, deadline_from_ms(timeout_ms)) < 0)
		return SYS_ARCH_TIMEOUT;
	s->count--;
	return 0;
}

err_t sys_mutex_new(sys_mutex_t *mutex)
{
	*mutex = net_calloc(1, sizeof(**mutex));
	return *mutex ? ERR_OK : ERR_MEM;
}

void sys_mutex_free(sys_mutex_t *mutex)
{
	net_free(*mutex);
}

void sys_mutex_lock(sys_mutex_t *mutex)
{
	struct net_mutex *m = *mutex;

	ASSERT(m->owner != thread_current());
	waitq_wait_until(&m->released, !m->owner, TIME_FOREVER);
	m->owner = thread_current();
}

void sys_mutex_unlock(sys_mutex_t *mutex)
{
	(*mutex)->owner = NULL;
	waitq_wake_one(&(*mutex)->released);
}

err_t sys_mbox_new(sys_mbox_t *mbox, int size)
{
	size_t slots = (size > 0 ? (size_t)size : 16) + ROOM_FOR_THE_END;
	struct net_mailbox *m = net_calloc(1, sizeof(*m));

	*mbox = m;
	if (!m)
		return ERR_MEM;
	m->size = (unsigned int)slots;
	m->grows = GROWS(size);
	m->message = net_malloc(slots * sizeof(*m->message));
	if (m->message)
		return ERR_OK;
	net_free(m);
	*mbox = NULL;
	return ERR_MEM;
}

void sys_mbox_free(sys_mbox_t *mbox)
{
	net_free((*mbox)->message);
	net_free(*mbox);
}

static bool mailbox_grow(struct net_mailbox *m)
{
	void **larger = net_malloc(2 * m->size * sizeof(*larger));

	if (!larger)
		return false;
	for (unsigned int i = 0; i < m->count; i++)
		larger[i] = m->message[(m->first + i) % m->size];
	net_free(m->message);
	m->message = larger;
	m->first = 0;
	m->size *= 2;
	return true;
}

err_t sys_mbox_trypost(sys_mbox_t *mbox, void *message)
{
	struct net_mailbox *m = *mbox;
	err_t end;

	if (m->count + (lwip_netconn_is_err_msg(message, &end) ? 0 : ROOM_FOR_THE_END) >= m->size &&
	    !(m->grows && mailbox_grow(m)))
		return ERR_MEM;
	m->message[(m->first + m->count++) % m->size] = message;
	waitq_wake_one(&m->filled);
	return ERR_OK;
}

/* Event handlers run at safe points, where everything that a thread may post is allowed too. */
err_t sys_mbox_trypost_fromisr(sys_mbox_t *mbox, void *message)
{
	return sys_mbox_trypost(mbox, message);
}

void sys_mbox_post(sys_mbox_t *mbox, void *message)
{
	struct net_mailbox *m = *mbox;

	while (sys_mbox_trypost(mbox, message) != ERR_OK)
		waitq_wait(&m->drained, TIME_FOREVER);
}

/* `message` may be NULL: then what is fetched is dropped. */
u32_t sys_arch_mbox_tryfetch(sys_mbox_t *mbox, void **message)
{
	struct net_mailbox *m = *mbox;

	if (m->count == 0)
		return SYS_MBOX_EMPTY;
	if (message)
		*message = m->message[m->first];
	m->first = (m->first + 1) % m->size;
	m->count--;
	waitq_wake_one(&m->drained);
	return 0;
}

u32_t sys_arch_mbox_fetch(sys_mbox_t *mbox, void **message, u32_t timeout_ms)
{
	struct net_mailbox *m = *mbox;

	if (waitq_wait_until(&m->filled, m->count > 0, deadline_from_ms(timeout_ms)) < 0) {
		if (message)
			*message = NULL;
		return SYS_ARCH_TIMEOUT;
	}
	return sys_arch_mbox_tryfetch(mbox, message);
}

sys_thread_t sys_thread_new(const char *name, lwip_thread_fn fn, void *arg, int stack_bytes,
			    int priority)
{
	struct thread *thread = thread_create(name, fn, arg, (size_t)stack_bytes);

	(void)priority;
	/* lwIP has no way to hear of a failure, and asks for its only thread while booting. */
	if (!thread)
		panic("net: no memory for the thread %s", name);
	return thread;
}

void net_assert_locked(void)
{
	/* Until the stack is initialised there is no lock, and one thread. */
	ASSERT(!lock_tcpip_core || lock_tcpip_core->owner == thread_current());
}

void net_assert_failed(const char *what, const char *file, int line)
{
	panic("%s:%d: lwIP: %s", file, line, what);
}
