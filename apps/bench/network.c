/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "apps/bench/options.h"
#include "apps/bench/platform.h"

#define MS		1000000ull
#define CONNECT_FOR_NS	(3000 * MS)
#define CONNECT_TRY_MS	500
#define CONNECT_WAIT_NS (50 * MS)

static const char silence[] = "the peer did not answer in time";
static const char broken[] = "the peer does not keep to the protocol";

unsigned char *network_buffer;

static bool wait_set(int fd, unsigned int wait_ms)
{
	const struct timeval wait = {
		.tv_sec = wait_ms / 1000,
		.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000),
	};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0;
}

/* connect() with an end. */
static bool connected(int fd, uint16_t port)
{
	struct pollfd connecting = {.fd = fd, .events = POLLOUT};
	struct sockaddr_in to = options.net;
	const int flags = fcntl(fd, F_GETFL, 0);
	int error = 0;
	socklen_t length = sizeof(error);

	to.sin_port = htons(port);
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		if (errno != EINPROGRESS || poll(&connecting, 1, CONNECT_TRY_MS) != 1)
			return false;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
			return false;
	}
	return fcntl(fd, F_SETFL, flags) == 0;
}

static int try(uint16_t port, unsigned int wait_s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		return -1;
	if (connected(fd, port) && wait_set(fd, wait_s * 1000) &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0)
		return fd;
	close(fd);
	return -1;
}

const char *network_open(int *fd)
{
	static const char *refused;
	const uint64_t deadline_ns = platform_clock_ns() + CONNECT_FOR_NS;

	if (options.net.sin_port == 0)
		return "no peer was named with --net";
	if (!network_buffer)
		network_buffer = calloc(1, PEER_SIZE_MAX);
	if (!network_buffer)
		return "there is no memory for messages";
	while (!refused) {
		*fd = try(ntohs(options.net.sin_port), PEER_PATIENCE_S);
		if (*fd >= 0)
			return NULL;
		if (platform_clock_ns() >= deadline_ns)
			refused = "nobody answers at the address of --net";
		else
			platform_sleep_until(platform_clock_ns() + CONNECT_WAIT_NS);
	}
	return refused;
}

const char *network_connect(uint16_t port, unsigned int wait_s, int *fd)
{
	*fd = try(port, wait_s);
	return *fd >= 0 ? NULL : "nobody answers at that port";
}

const char *network_send(int fd, const void *data, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		const ssize_t n = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return silence;
		sent += (size_t)n;
	}
	return NULL;
}

const char *network_receive(int fd, void *data, size_t size)
{
	for (size_t got = 0; got < size;) {
		const ssize_t n = recv(fd, (char *)data + got, size - got, 0);

		if (n <= 0)
			return n == 0 ? broken : silence;
		got += (size_t)n;
	}
	return NULL;
}

const char *network_request(int fd, enum peer_operation operation, size_t size, unsigned int count,
			    uint16_t port)
{
	const struct peer_request request = {
		.magic = htonl(PEER_MAGIC),
		.operation = htonl(operation),
		.size = htonl((uint32_t)size),
		.count = htonl(count),
		.port = htonl(port),
	};

	return network_send(fd, &request, sizeof(request));
}

const char *network_report(int fd, struct peer_report *report)
{
	const char *reason = network_receive(fd, report, sizeof(*report));

	if (reason)
		return reason;
	report->port = ntohl(report->port);
	report->count = ntohl(report->count);
	if (ntohl(report->magic) != PEER_MAGIC || report->port > UINT16_MAX ||
	    report->count > PEER_COUNT_MAX)
		return broken;
	return NULL;
}

const char *network_datagrams(int *fd, uint16_t peer_port, unsigned int wait_ms)
{
	struct sockaddr_in address = options.net, any = {.sin_family = AF_INET};

	*fd = socket(AF_INET, SOCK_DGRAM, 0);
	address.sin_port = htons(peer_port);
	if (*fd >= 0 && wait_set(*fd, wait_ms) &&
	    bind(*fd, (const struct sockaddr *)&any, sizeof(any)) == 0 &&
	    (peer_port == 0 ||
	     connect(*fd, (const struct sockaddr *)&address, sizeof(address)) == 0))
		return NULL;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return "a datagram socket cannot be made";
}
