/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * select() and its sets: POSIX's interface, in place of newlib's file, whose sets hold 64
 * descriptors and whose macros mix signs.  newlib's <sys/types.h> includes this one.
 */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <sys/_sigset.h>
#include <sys/_timeval.h>
#include <sys/cdefs.h>
#include <sys/timespec.h>

#if !defined(_SIGSET_T_DECLARED)
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define _SYS_TYPES_FD_SET

#define FD_SETSIZE 1024

typedef unsigned long fd_mask;
#define NFDBITS (8 * (int)sizeof(fd_mask))

typedef struct {
	fd_mask fds_bits[FD_SETSIZE / (8 * sizeof(fd_mask))];
} fd_set;

#define FD_MASK_(fd)	  ((fd_mask)1 << ((unsigned int)(fd) % (unsigned int)NFDBITS))
#define FD_WORD_(fd, set) ((set)->fds_bits[(unsigned int)(fd) / (unsigned int)NFDBITS])

#define FD_SET(fd, set)	  ((void)(FD_WORD_(fd, set) |= FD_MASK_(fd)))
#define FD_CLR(fd, set)	  ((void)(FD_WORD_(fd, set) &= ~FD_MASK_(fd)))
#define FD_ISSET(fd, set) ((FD_WORD_(fd, set) & FD_MASK_(fd)) != 0)
#define FD_ZERO(set)	  ((void)__builtin_memset((set), 0, sizeof(fd_set)))

__BEGIN_DECLS
/* nfds: one more than the highest descriptor looked at; a NULL timeout is for ever. */
int select(int nfds, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout);
int pselect(int nfds, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
	    const sigset_t *mask);
__END_DECLS

#endif
