/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A socket as a file.  lwIP numbers its sockets by itself; a file of libc's table carries that
 * number, and lwIP's events find their way back to the file.
 *
 *	fd ──> struct file ──> lwIP's socket ──> netconn ──> TCP or UDP
 *	         poll() <── file_notify <── event ────┘
 */
#ifndef LODGER_NET_SOCKET_FILE_H
#define LODGER_NET_SOCKET_FILE_H

#include <sys/socket.h>

#include "unikernel/libc/file.h"

struct socket {
	struct file file;
	int lwip;	 /* lwIP's number of it */
	bool connecting; /* connect() is under way, or its outcome was not asked for yet */
	bool ended;	 /* the end of what comes in was told */
};

/*
 * Gives lwIP's socket a file and the file a descriptor, which is returned.  `flags` may hold
 * O_NONBLOCK.  On failure (-ENOMEM, -EMFILE) lwIP's socket is closed.
 */
int socket_install(int lwip, int flags);

/* The socket behind a descriptor, to be given back with file_put(); -EBADF or -ENOTSOCK. */
int socket_get(int fd, struct socket **out);

/*
 * As send(), with a negative errno for a failure.
 *
 * lwIP gives each stream a send buffer of the same fixed size.  A few hundred streams of slow
 * readers would fill all memory that the network has, and then whoever asks first after a block was
 * freed gets it, and some get none for long.  So a stream that must not block takes no more than
 * an equal part.
 */
ssize_t socket_send(struct socket *socket, const void *data, size_t size, int flags);

/* As sendto(), with a negative errno for a failure; without waiting for room. */
ssize_t socket_sendto(struct socket *socket, const void *data, size_t size, int flags,
		      const struct sockaddr *to, socklen_t length);

/*
 * What is to be told of what one of lwIP's receiving functions has returned; a negative errno for a failure.
 *
 * lwIP tells the end of a stream once, and after that says that there is no connection. A program that
 * asks again, as stdio does, is to hear of the end again.
 */
ssize_t socket_received(struct socket *socket, ssize_t received);

/* Before a datagram is sent: the sender waits for room, unless it must not block. */
void socket_wait_room(const struct socket *socket, int flags);

#endif
