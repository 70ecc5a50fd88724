/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lwIP's semaphores, mutexes, mailboxes and threads: pointers to what unikernel/net/sys_arch.c makes
 * of the kernel's threads and wait queues.
 */
#ifndef LODGER_NET_ARCH_SYS_ARCH_H
#define LODGER_NET_ARCH_SYS_ARCH_H

typedef struct net_semaphore *sys_sem_t;
typedef struct net_mutex *sys_mutex_t;
typedef struct net_mailbox *sys_mbox_t;
typedef struct thread *sys_thread_t;
typedef int sys_prot_t;

#define sys_sem_valid(sem)	     (*(sem) != NULL)
#define sys_sem_set_invalid(sem)     (*(sem) = NULL)
#define sys_mutex_valid(mutex)	     (*(mutex) != NULL)
#define sys_mutex_set_invalid(mutex) (*(mutex) = NULL)
#define sys_mbox_valid(mbox)	     (*(mbox) != NULL)
#define sys_mbox_set_invalid(mbox)   (*(mbox) = NULL)

/* Nothing interrupts a cooperative thread between two statements. */
#define SYS_ARCH_DECL_PROTECT(level) ((void)0)
#define SYS_ARCH_PROTECT(level)	     ((void)0)
#define SYS_ARCH_UNPROTECT(level)    ((void)0)

#endif
