/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: sockets as programs use them, over the loopback interface.
 * Why:  lwIP, its port to our threads and the file table meet here; no device and no peer is needed,
 *       so what fails is ours.
 * How:  both ends in one guest, in two threads where one would wait for the other; in the end
 *       everything is closed and the kernel must hold what it held before.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/priv/tcp_priv.h>

#include "tests/guest/holdings.h"
#include "unikernel/core/time.h"

#define PORT 7777
#define MANY 600

static struct sockaddr_in here(unsigned short port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listener(unsigned short port)
{
	struct sockaddr_in address = here(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(listen(fd, 255) == 0);
	return fd;
}

static int client(unsigned short port)
{
	struct sockaddr_in address = here(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static short poll_one(int fd, short events, int timeout)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, timeout) > 0 ? p.revents : 0;
}

static bool fails(long result, int error)
{
	return result == -1 && errno == error;
}

static void test_errors(void)
{
	struct sockaddr_in address = here(9);
	char byte = 0;
	int fd;

	CHECK(fails(socket(AF_INET + 100, SOCK_STREAM, 0), EAFNOSUPPORT));
	CHECK(fails(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT));
	CHECK(fails(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT));
	CHECK(fails(bind(999, (struct sockaddr *)&address, sizeof(address)), EBADF));
	CHECK(fails(listen(1, 1), ENOTSOCK));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(fails(send(fd, &byte, 1, 0), ENOTCONN));
	CHECK(fails(recv(fd, &byte, 1, MSG_OOB), EOPNOTSUPP));
	CHECK(fails(lseek(fd, 0, SEEK_SET), ESPIPE));
	CHECK(fails(connect(fd, (struct sockaddr *)&address, sizeof(address)), ECONNREFUSED));
	CHECK(close(fd) == 0);
	CHECK(fails(close(fd), EBADF));
}

/* The end comes when what waits to be read has just filled the room for it. */
static void test_end(void)
{
	enum { FEWEST = 55, MOST = 75 };
	int server = listener(PORT), on = 1;
	struct timeval patience = {.tv_sec = 5};

	for (int bytes = FEWEST; bytes <= MOST; bytes++) {
		int near = client(PORT), far = accept(server, NULL, NULL), got = 0;
		ssize_t last;
		char byte;

		CHECK(setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
		CHECK(setsockopt(far, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0);
		for (int i = 0; i < bytes; i++) {
			CHECK(write(near, "x", 1) == 1);
			thread_yield();
		}
		CHECK(shutdown(near, SHUT_WR) == 0);
		thread_sleep_until(time_in(20 * TIME_MS));
		while ((last = recv(far, &byte, 1, 0)) == 1)
			got++;
		if (!CHECK(last == 0 && got == bytes))
			say("%d of %d bytes, and then errno %d\n", got, bytes, errno);
		/* Whoever asks again hears of it again. */
		CHECK(recv(far, &byte, 1, 0) == 0 && read(far, &byte, 1) == 0);
		CHECK(close(far) == 0 && close(near) == 0);
	}
	CHECK(close(server) == 0);
}

/* A stream with its two ends in this thread: nothing here needs the other side to run. */
static void test_stream(void)
{
	int server = listener(PORT), near, far, on = 1, value = 0;
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer), size = sizeof(value);
	char text[16];

	CHECK(poll_one(server, POLLIN, 0) == 0);
	near = client(PORT);
	CHECK(poll_one(server, POLLIN, 1000) == POLLIN);
	far = accept(server, (struct sockaddr *)&peer, &length);
	CHECK(far >= 0 && length == sizeof(peer) && peer.sin_family == AF_INET);
	CHECK(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));

	CHECK(poll_one(near, POLLIN | POLLOUT, 0) == POLLOUT);
	CHECK(write(near, "hello", 5) == 5);
	CHECK(poll_one(far, POLLIN, 1000) == POLLIN);
	CHECK(ioctl(far, FIONREAD, &value) == 0 && value == 5);
	CHECK(recv(far, text, sizeof(text), MSG_PEEK) == 5);
	CHECK(read(far, text, 2) == 2 && memcmp(text, "he", 2) == 0);
	CHECK(read(far, text, sizeof(text)) == 3 && memcmp(text, "llo", 3) == 0);
	CHECK(fails(recv(far, text, sizeof(text), MSG_DONTWAIT), EAGAIN));
	CHECK(fcntl(far, F_SETFL, O_NONBLOCK) == 0);
	CHECK(fails(read(far, text, sizeof(text)), EAGAIN));

	CHECK(setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	CHECK(getsockopt(near, IPPROTO_TCP, TCP_NODELAY, &value, &size) == 0 && value == 1);
	CHECK(getsockopt(near, SOL_SOCKET, SO_ERROR, &value, &size) == 0 && value == 0);

	CHECK(shutdown(near, SHUT_WR) == 0);
	CHECK(poll_one(far, POLLIN, 1000) == POLLIN);
	CHECK(read(far, text, sizeof(text)) == 0);
	CHECK(write(far, "bye", 3) == 3);
	CHECK(close(far) == 0);
	CHECK(recv(near, text, 3, MSG_WAITALL) == 3 && memcmp(text, "bye", 3) == 0);
	CHECK(read(near, text, sizeof(text)) == 0);
	CHECK(close(near) == 0);
	CHECK(close(server) == 0);
}

static void test_timeout(void)
{
	int server = listener(PORT), near = client(PORT), far = accept(server, NULL, NULL);
	struct timeval tenth = {.tv_sec = 0, .tv_usec = 100000};
	uint64_t before = time_monotonic_ns();
	char byte;

	CHECK(setsockopt(near, SOL_SOCKET, SO_RCVTIMEO, &tenth, sizeof(tenth)) == 0);
	CHECK(fails(recv(near, &byte, 1, 0), EAGAIN));
	CHECK(time_monotonic_ns() - before >= 90 * TIME_MS);
	CHECK(close(near) == 0 && close(far) == 0 && close(server) == 0);
}

/* More than any window holds, through one blocking writer and one blocking reader. */
#define BULK ((size_t)4 << 20)

static void bulk_writer(void *arg)
{
	int fd = *(int *)arg;
	static unsigned char block[20000];

	for (size_t sent = 0; sent < BULK;) {
		size_t size = BULK - sent < sizeof(block) ? BULK - sent : sizeof(block);
		ssize_t n;

		for (size_t i = 0; i < size; i++)
			block[i] = (unsigned char)((sent + i) * 2654435761u >> 24);
		n = write(fd, block, size);
		if (!CHECK(n > 0))
			break;
		sent += (size_t)n;
	}
	CHECK(close(fd) == 0);
}

static void test_bulk(void)
{
	int server = listener(PORT), near = client(PORT), far = accept(server, NULL, NULL);
	static unsigned char block[30000];
	size_t received = 0, wrong = 0;
	ssize_t n;

	CHECK(thread_create("writer", bulk_writer, &near, 0) != NULL);
	while ((n = read(far, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			wrong += block[i] !=
				 (unsigned char)((received + (size_t)i) * 2654435761u >> 24);
		received += (size_t)n;
	}
	CHECK(n == 0);
	CHECK(received == BULK);
	CHECK(wrong == 0);
	CHECK(close(far) == 0 && close(server) == 0);
}

static void test_datagram(void)
{
	struct sockaddr_in address = here(PORT), from;
	socklen_t length = sizeof(from);
	int one = socket(AF_INET, SOCK_DGRAM, 0), two = socket(AF_INET, SOCK_DGRAM, 0);
	char text[8];

	CHECK(bind(one, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(sendto(two, "ping", 4, 0, (struct sockaddr *)&address, sizeof(address)) == 4);
	CHECK(poll_one(one, POLLIN, 1000) == POLLIN);
	CHECK(recvfrom(one, text, sizeof(text), 0, (struct sockaddr *)&from, &length) == 4);
	CHECK(sendto(one, "pong", 4, 0, (struct sockaddr *)&from, length) == 4);
	CHECK(poll_one(two, POLLIN, 1000) == POLLIN);
	CHECK(recv(two, text, sizeof(text), 0) == 4 && memcmp(text, "pong", 4) == 0);
	CHECK(close(one) == 0 && close(two) == 0);
}

static void test_ipv6(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	struct sockaddr_in6 six = any;
	int server = socket(AF_INET6, SOCK_STREAM, 0), near, far, off = 0, on = 1;

	six.sin6_addr = in6addr_loopback;
	CHECK(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0);
	CHECK(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CHECK(bind(server, (struct sockaddr *)&any, sizeof(any)) == 0);
	CHECK(listen(server, 8) == 0);
	near = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK(connect(near, (struct sockaddr *)&six, sizeof(six)) == 0);
	far = accept(server, NULL, NULL);
	CHECK(far >= 0);
	CHECK(close(near) == 0 && close(far) == 0);
	/* The same socket takes IPv4. */
	near = client(PORT);
	far = accept(server, NULL, NULL);
	CHECK(far >= 0);
	CHECK(close(near) == 0 && close(far) == 0 && close(server) == 0);
}

static void test_names(void)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
	struct in6_addr six;
	char text[INET6_ADDRSTRLEN];

	CHECK(getaddrinfo("192.0.2.7", "80", &hints, &found) == 0);
	if (found) {
		const struct sockaddr_in *in = (void *)found->ai_addr;

		CHECK(in->sin_port == htons(80));
		CHECK(in->sin_addr.s_addr == inet_addr("192.0.2.7"));
		freeaddrinfo(found);
	}
	CHECK(getaddrinfo("192.0.2.7", "http", &hints, &found) == EAI_SERVICE);
	CHECK(inet_pton(AF_INET6, "2001:db8::1", &six) == 1);
	CHECK(inet_ntop(AF_INET6, &six, text, sizeof(text)) != NULL);
	CHECK(strcmp(text, "2001:db8::1") == 0);
	CHECK(inet_pton(AF_INET, "192.0.2", &six) == 0);
}

/* poll() over hundreds: only the one that was written to is told, wherever it stands. */
static void test_many(void)
{
	static int near[MANY / 2], far[MANY / 2];
	static struct pollfd fds[MANY / 2];
	int server = listener(PORT), opened = 0;
	char byte;

	for (int i = 0; i < MANY / 2; i++, opened++) {
		near[i] = client(PORT);
		far[i] = accept(server, NULL, NULL);
		if (!CHECK(near[i] >= 0 && far[i] >= 0))
			break;
		fds[i] = (struct pollfd){.fd = far[i], .events = POLLIN};
	}
	CHECK(poll(fds, MANY / 2, 0) == 0);
	for (int i = 0; i < opened; i += 37) {
		CHECK(write(near[i], "x", 1) == 1);
		CHECK(poll(fds, MANY / 2, 1000) == 1 && fds[i].revents == POLLIN);
		CHECK(read(far[i], &byte, 1) == 1);
	}
	for (int i = 0; i < opened; i++) {
		close(near[i]);
		close(far[i]);
	}
	CHECK(close(server) == 0);
}

/* Connections that we closed first are remembered for 2 MSL: 10 s of a clock that lags on a slow processor. */
static void forgotten(void)
{
	uint64_t deadline = time_in(60 * TIME_S);

	while (tcp_tw_pcbs != NULL && time_monotonic_ns() < deadline)
		thread_sleep_until(time_in(100 * TIME_MS));
}

static bool settled(const struct holdings *before, struct holdings *after)
{
	uint64_t deadline = time_in(60 * TIME_S);

	do {
		thread_sleep_until(time_in(500 * TIME_MS));
		*after = holdings();
	} while (after->objects != before->objects && time_monotonic_ns() < deadline);
	return after->objects == before->objects;
}

int main(void)
{
	struct holdings before, after;

	test_stream(); /* once before counting: what is made on first use stays */
	test_datagram();
	forgotten();
	before = holdings();
	test_errors();
	test_stream();
	test_end();
	test_timeout();
	test_bulk();
	test_datagram();
	test_ipv6();
	test_names();
	test_many();
	settled(&before, &after);
	holdings_compare(&before, &after);
	return verdict("sockets");
}
