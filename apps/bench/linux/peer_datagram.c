/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/linux/peer_datagram.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LOOK_MS	     200 /* how often an echo looks whether the connection has ended */
#define BUFFER_BYTES (4 << 20)

static unsigned char datagram[PEER_DATAGRAM_MAX + 1];

/* A socket that hears nobody but the machine at the other end of fd, on some port; -1. */
static int datagrams_open(int fd, uint16_t *port)
{
	const struct timeval look = {.tv_usec = LOOK_MS * 1000};
	const int bytes = BUFFER_BYTES;
	struct sockaddr_in own;
	socklen_t length = sizeof(own);
	int udp;

	if (getsockname(fd, (struct sockaddr *)&own, &length) != 0)
		return -1;
	udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	own.sin_port = 0;
	length = sizeof(own);
	if (udp < 0 || bind(udp, (struct sockaddr *)&own, sizeof(own)) != 0 ||
	    getsockname(udp, (struct sockaddr *)&own, &length) != 0 ||
	    setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look)) != 0) {
		if (udp >= 0)
			close(udp);
		return -1;
	}
	/* What is measured is the way here, not how much this program may leave waiting. */
	setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	*port = ntohs(own.sin_port);
	return udp;
}

static bool is_peer(int fd, const struct sockaddr_in *from)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &length) == 0 &&
	       peer.sin_addr.s_addr == from->sin_addr.s_addr;
}

/* Has the other end said anything more, or gone? */
static bool is_over(int fd)
{
	struct pollfd control = {.fd = fd, .events = POLLIN};

	return poll(&control, 1, 0) != 0;
}

bool datagram_echo(int fd, const struct peer_request *request)
{
	uint16_t port;
	const int udp = datagrams_open(fd, &port);
	bool good = udp >= 0 && peer_report_send(fd, port, 0);

	for (uint32_t i = 0; good && i < request->count;) {
		struct sockaddr_in from;
		socklen_t length = sizeof(from);
		const ssize_t n = recvfrom(udp, datagram, sizeof(datagram), 0,
					   (struct sockaddr *)&from, &length);

		if (n < 0 && is_over(fd))
			break;
		if (n != (ssize_t)request->size || !is_peer(fd, &from))
			continue;
		sendto(udp, datagram, (size_t)n, 0, (struct sockaddr *)&from, length);
		i++;
	}
	if (udp >= 0)
		close(udp);
	return good;
}

/* Takes in what is there; how many were as they should be. */
static unsigned int drain(int udp, size_t size)
{
	unsigned int count = 0;
	ssize_t n;

	while ((n = recv(udp, datagram, sizeof(datagram), MSG_DONTWAIT)) >= 0)
		count += n == (ssize_t)size;
	return count;
}

/*
 * Both ways are looked at, so that the end is heard of when it comes. It comes the same way as the
 * datagrams, and behind them: those that are not here by then have been lost.
 */
static bool sink(int fd, int udp, const struct peer_request *request, unsigned int *count)
{
	struct pollfd both[] = {{.fd = udp, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	unsigned char end;

	do {
		if (poll(both, 2, PEER_PATIENCE_S * 1000) <= 0)
			return false;
		*count += drain(udp, request->size);
	} while (!both[1].revents && *count <= PEER_COUNT_MAX);
	return *count <= PEER_COUNT_MAX && recv(fd, &end, 1, 0) == 1;
}

bool datagram_sink(int fd, const struct peer_request *request)
{
	unsigned int count = 0;
	uint16_t port;
	const int udp = datagrams_open(fd, &port);
	const bool good = udp >= 0 && peer_report_send(fd, port, 0) &&
			  sink(fd, udp, request, &count) && peer_report_send(fd, 0, count);

	if (udp >= 0)
		close(udp);
	return good;
}

bool datagram_source(int fd, const struct peer_request *request)
{
	uint16_t port;
	const int udp = datagrams_open(fd, &port);
	struct sockaddr_in to;
	socklen_t length = sizeof(to);
	bool good = udp >= 0 && getpeername(fd, (struct sockaddr *)&to, &length) == 0;

	to.sin_port = htons((uint16_t)request->port);
	if (good)
		good = connect(udp, (struct sockaddr *)&to, sizeof(to)) == 0;
	for (uint32_t i = 0; good && i < request->count; i++)
		if (send(udp, datagram, request->size, 0) < 0 && is_over(fd))
			good = false;
	if (udp >= 0)
		close(udp);
	return good && peer_report_send(fd, 0, request->count);
}
