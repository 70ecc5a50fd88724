/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(): POSIX's interface; the values are Linux's, which portable programs know. */
#ifndef _POLL_H
#define _POLL_H

#include <sys/cdefs.h>

#define POLLIN	   0x0001
#define POLLPRI	   0x0002
#define POLLOUT	   0x0004
#define POLLERR	   0x0008 /* only ever an answer */
#define POLLHUP	   0x0010 /* only ever an answer */
#define POLLNVAL   0x0020 /* only ever an answer: not an open descriptor */
#define POLLRDNORM 0x0040
#define POLLRDBAND 0x0080
#define POLLWRNORM 0x0100
#define POLLWRBAND 0x0200

typedef unsigned long nfds_t;

struct pollfd {
	int fd;	       /* negative: skipped */
	short events;  /* asked for */
	short revents; /* answered */
};

__BEGIN_DECLS
/* timeout in milliseconds, negative for ever; the number of descriptors with an answer. */
int poll(struct pollfd *fds, nfds_t nfds, int timeout);
__END_DECLS

#endif
