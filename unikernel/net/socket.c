/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls of <sys/socket.h>.  Each finds lwIP's socket behind the descriptor, holds the file while
 * lwIP's function of the same name runs, and lets go of it.  lwIP sets errno itself.
 */
#include <errno.h>

#include <sys/socket.h>

#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"
#include "unikernel/net/socket_file.h"

#define FLAGS_NEW     (SOCK_NONBLOCK | SOCK_CLOEXEC)
#define FLAGS_SEND    (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE)
#define FLAGS_RECEIVE (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_PEEK)

/* lwip_CALL(socket behind fd, …) as the value of an expression. */
#define SOCKET_CALL(call, fd, ...)                                           \
	({                                                                   \
		struct socket *socket_;                                      \
		long result_ = socket_get(fd, &socket_);                     \
		if (result_ < 0) {                                           \
			result_ = result(result_);                           \
		} else {                                                     \
			result_ = lwip_##call(socket_->lwip, ##__VA_ARGS__); \
			file_put(&socket_->file);                            \
		}                                                            \
		result_;                                                     \
	})

/* Finds the socket. lwIP ignores flags that it does not know; POSIX does not. */
static int data_begin(int fd, int flags, int known, struct socket **socket)
{
	return flags & ~known ? -EOPNOTSUPP : socket_get(fd, socket);
}

int socket(int domain, int type, int protocol)
{
	int lwip;

	if (domain != AF_INET && domain != AF_INET6)
		return result_int(-EAFNOSUPPORT);
	switch (type & ~FLAGS_NEW) {
	case SOCK_STREAM:
		if (protocol != 0 && protocol != IPPROTO_TCP)
			return result_int(-EPROTONOSUPPORT);
		break;
	case SOCK_DGRAM:
		if (protocol != 0 && protocol != IPPROTO_UDP)
			return result_int(-EPROTONOSUPPORT);
		break;
	default:
		return result_int(-EPROTONOSUPPORT);
	}
	lwip = lwip_socket(domain, type & ~FLAGS_NEW, protocol);
	return lwip < 0 ? lwip : result_int(socket_install(lwip, type & SOCK_NONBLOCK));
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)SOCKET_CALL(bind, fd, address, length);
}

int listen(int fd, int backlog)
{
	return (int)SOCKET_CALL(listen, fd, backlog);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	int lwip;

	if (flags & ~FLAGS_NEW)
		return result_int(-EINVAL);
	lwip = (int)SOCKET_CALL(accept, fd, address, length);
	return lwip < 0 ? lwip : result_int(socket_install(lwip, flags & SOCK_NONBLOCK));
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
	return accept4(fd, address, length, 0);
}

/* lwIP reports a reset as such; during connect() POSIX calls it a refusal. */
static int connect_error(int error)
{
	return error == ECONNRESET ? ECONNREFUSED : error;
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	struct socket *socket;
	int error = socket_get(fd, &socket);

	if (error < 0)
		return result_int(error);
	if (lwip_connect(socket->lwip, address, length) < 0) {
		error = -connect_error(errno);
		socket->connecting = error == -EINPROGRESS;
	}
	file_put(&socket->file);
	return result_int(error);
}

int shutdown(int fd, int how)
{
	return (int)SOCKET_CALL(shutdown, fd, how);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)SOCKET_CALL(getsockname, fd, address, length);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)SOCKET_CALL(getpeername, fd, address, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length)
{
	struct socket *socket;
	int outcome = socket_get(fd, &socket);

	if (outcome < 0)
		return result_int(outcome);
	outcome = lwip_getsockopt(socket->lwip, level, option, value, length);
	if (outcome == 0 && level == SOL_SOCKET && option == SO_ERROR && socket->connecting) {
		*(int *)value = connect_error(*(int *)value);
		socket->connecting = false;
	}
	file_put(&socket->file);
	return outcome;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	return (int)SOCKET_CALL(setsockopt, fd, level, option, value, length);
}

ssize_t recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *from,
		 socklen_t *length)
{
	struct socket *socket;
	int error = data_begin(fd, flags, FLAGS_RECEIVE | MSG_WAITALL, &socket);
	size_t total = 0;
	ssize_t n;

	if (error < 0)
		return result(error);
	/* lwIP gives what there is; waiting for the rest is ours. */
	do {
		n = socket_received(socket,
				    lwip_recvfrom(socket->lwip, (char *)data + total, size - total,
						  flags & ~MSG_WAITALL, from, length));
		if (n > 0)
			total += (size_t)n;
	} while (n > 0 && (flags & MSG_WAITALL) && total < size);
	file_put(&socket->file);
	return total > 0 ? (ssize_t)total : result(n);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	return recvfrom(fd, data, size, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct socket *socket;
	int error = data_begin(fd, flags, FLAGS_RECEIVE, &socket);
	ssize_t n;

	if (error < 0)
		return result(error);
	n = socket_received(socket, lwip_recvmsg(socket->lwip, message, flags));
	file_put(&socket->file);
	return result(n);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	struct socket *socket;
	int error = data_begin(fd, flags, FLAGS_SEND, &socket);
	ssize_t n;

	if (error < 0)
		return result(error);
	n = socket_send(socket, data, size, flags);
	file_put(&socket->file);
	return result(n);
}

/* A datagram may have to wait for room first. */
static int datagram_begin(int fd, int flags, struct socket **socket)
{
	int error = data_begin(fd, flags, FLAGS_SEND, socket);

	if (error == 0)
		socket_wait_room(*socket, flags);
	return error;
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	       socklen_t length)
{
	struct socket *socket;
	int error = datagram_begin(fd, flags, &socket);
	ssize_t n;

	if (error < 0)
		return result(error);
	n = socket_sendto(socket, data, size, flags, to, length);
	file_put(&socket->file);
	return result(n);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct socket *socket;
	int error = datagram_begin(fd, flags, &socket);
	ssize_t n;

	if (error < 0)
		return result(error);
	n = lwip_sendmsg(socket->lwip, message, flags);
	file_put(&socket->file);
	return n;
}
