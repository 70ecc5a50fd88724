/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets: POSIX's interface.  Structures and values are lwIP's, read from its own headers, so that
 * they cannot come apart; the functions are those of unikernel/net/socket.c.
 */
#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H

#include <fcntl.h>
#include <sys/cdefs.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <lwip/sockets.h>

/* In the type of socket() and in the flags of accept4(). */
#define SOCK_NONBLOCK O_NONBLOCK
#define SOCK_CLOEXEC  O_CLOEXEC

#define SOMAXCONN     255

__BEGIN_DECLS
int socket(int domain, int type, int protocol);
int bind(int fd, const struct sockaddr *address, socklen_t length);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *address, socklen_t *length);
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
int connect(int fd, const struct sockaddr *address, socklen_t length);
int shutdown(int fd, int how);
int getsockname(int fd, struct sockaddr *address, socklen_t *length);
int getpeername(int fd, struct sockaddr *address, socklen_t *length);
int getsockopt(int fd, int level, int option, void *value, socklen_t *length);
int setsockopt(int fd, int level, int option, const void *value, socklen_t length);

/* Flags: MSG_DONTWAIT, MSG_NOSIGNAL (there are none), MSG_PEEK, MSG_WAITALL to receive, MSG_MORE
 * to send.  Any other is EOPNOTSUPP. */
ssize_t recv(int fd, void *data, size_t size, int flags);
ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from,
		 socklen_t *length);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
ssize_t send(int fd, const void *data, size_t size, int flags);
ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	       socklen_t length);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags);
__END_DECLS

#endif
