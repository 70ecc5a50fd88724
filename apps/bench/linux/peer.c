/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench --peer: the other end of the network figures (peer.h). Every connection has a process of
 * its own, a bounded number of them, which lives as long as its connection but not for ever.
 */
#include "apps/bench/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apps/bench/linux/peer_datagram.h"
#include "apps/bench/platform.h"

#define CONNECTIONS_MAX 16
#define LIFETIME_S	300

static unsigned char buffer[PEER_SIZE_MAX];

static bool send_all(int fd, const void *data, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		const ssize_t n = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

static bool receive_all(int fd, void *data, size_t size)
{
	return recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

bool peer_report_send(int fd, uint16_t port, unsigned int count)
{
	const struct peer_report report = {
		.magic = htonl(PEER_MAGIC), .port = htonl(port), .count = htonl(count)};

	return send_all(fd, &report, sizeof(report));
}

static bool echo(int fd, const struct peer_request *request)
{
	for (uint32_t i = 0; i < request->count; i++)
		if (!receive_all(fd, buffer, request->size) || !send_all(fd, buffer, request->size))
			return false;
	return true;
}

static bool sink(int fd, const struct peer_request *request)
{
	for (uint32_t i = 0; i < request->count; i++)
		if (!receive_all(fd, buffer, request->size))
			return false;
	return peer_report_send(fd, 0, request->count);
}

static bool source(int fd, const struct peer_request *request)
{
	for (uint32_t i = 0; i < request->count; i++)
		if (!send_all(fd, buffer, request->size))
			return false;
	return true;
}

static bool request_receive(int fd, struct peer_request *request)
{
	if (!receive_all(fd, request, sizeof(*request)))
		return false;
	request->magic = ntohl(request->magic);
	request->operation = ntohl(request->operation);
	request->size = ntohl(request->size);
	request->count = ntohl(request->count);
	request->port = ntohl(request->port);
	return request->magic == PEER_MAGIC && request->size > 0 &&
	       request->size <=
		       (request->operation < PEER_UDP_ECHO ? PEER_SIZE_MAX : PEER_DATAGRAM_MAX) &&
	       request->count > 0 && request->count <= PEER_COUNT_MAX &&
	       request->port <= UINT16_MAX;
}

static bool request_serve(int fd, const struct peer_request *request)
{
	switch (request->operation) {
	case PEER_ECHO:
		return echo(fd, request);
	case PEER_SINK:
		return sink(fd, request);
	case PEER_SOURCE:
		return source(fd, request);
	case PEER_UDP_ECHO:
		return datagram_echo(fd, request);
	case PEER_UDP_SINK:
		return datagram_sink(fd, request);
	case PEER_UDP_SOURCE:
		return datagram_source(fd, request);
	default:
		return false;
	}
}

static _Noreturn void connection_serve(int fd)
{
	const struct timeval patience = {.tv_sec = PEER_PATIENCE_S};
	struct peer_request request;
	int on = 1;

	alarm(LIFETIME_S);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
		while (request_receive(fd, &request) && request_serve(fd, &request))
			;
	_exit(0);
}

static int listener_make(uint16_t port)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 || listen(fd, 16) != 0)
		return -1;
	return fd;
}

int platform_peer(uint16_t port)
{
	const int listener = listener_make(port);
	unsigned int living = 0;

	if (listener < 0) {
		fprintf(stderr, "bench: --peer %u: %s\n", port, strerror(errno));
		return 1;
	}
	printf("bench: the peer listens on port %u\n", port);
	fflush(stdout);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pid_t pid;

		while (living > 0 && waitpid(-1, NULL, living < CONNECTIONS_MAX ? WNOHANG : 0) > 0)
			living--;
		if (fd < 0)
			continue;
		pid = fork();
		if (pid == 0)
			connection_serve(fd);
		living += pid > 0;
		close(fd);
	}
}
