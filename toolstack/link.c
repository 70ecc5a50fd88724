/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "toolstack/link.h"
#include "toolstack/wait.h"

/* What a monitor may need to see devices off and to clear up, and some. */
#define CLEAR_SECONDS 30

#define SOCKET_TYPE   (SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK)

int link_pair(int fds[2])
{
	return socketpair(AF_UNIX, SOCKET_TYPE, 0, fds) < 0 ? -errno : 0;
}

/* A name that starts with NUL is in no file system and vanishes with its socket. */
static socklen_t name_socket(struct sockaddr_un *address, uint32_t domid)
{
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "lodger/monitor/%u",
			  domid);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* Anyone can bind or reach an abstract name: only our own kind is talked to. */
static int check_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return -errno;
	return peer.uid == geteuid() ? 0 : -EPERM;
}

int link_listen(uint32_t domid)
{
	struct sockaddr_un address;
	socklen_t size = name_socket(&address, domid);
	int fd = socket(AF_UNIX, SOCKET_TYPE, 0), error;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&address, size) && !listen(fd, 16))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

int link_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), error;

	if (fd < 0)
		return -errno;
	error = check_peer(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int link_connect(uint32_t domid)
{
	struct sockaddr_un address;
	socklen_t size = name_socket(&address, domid);
	int fd = socket(AF_UNIX, SOCKET_TYPE, 0), error = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, size) < 0)
		error = errno == ECONNREFUSED ? -ENOENT : -errno;
	if (!error)
		error = check_peer(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

int link_say(int fd, const char *format, ...)
{
	char record[LINK_RECORD_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(record, sizeof(record), format, arguments);
	va_end(arguments);
	return send(fd, record, strlen(record) + 1, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int link_hear(int fd, char record[LINK_RECORD_SIZE], uint64_t deadline_ns)
{
	for (;;) {
		ssize_t got = recv(fd, record, LINK_RECORD_SIZE - 1, 0);
		int error;

		if (got > 0) {
			record[got] = '\0';
			return 0;
		}
		if (!got)
			return -ECONNRESET;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -errno;
		error = wait_fd(fd, POLLIN, deadline_ns);
		if (error)
			return error;
	}
}

void link_see_out(int fd)
{
	uint64_t deadline = time_after_s(CLEAR_SECONDS);
	char record[LINK_RECORD_SIZE];

	while (!link_say(fd, "go") && !link_hear(fd, record, deadline))
		;
	close(fd);
}
