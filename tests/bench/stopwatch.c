/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times, taken inside dom0 by one program, so that what the taking costs is the same for everyone
 * who is measured. Under instruction counting a nanosecond is an instruction of the whole machine.
 *
 *   stopwatch run COMMAND [ARGUMENT…]
 *           from before the fork to the end of the command: "run NS"
 *   stopwatch http DOMID ADDRESS PORT PATH SECONDS
 *           unpauses the domain and asks it for PATH until it answers:
 *           "first-byte NS" from the unpause to the first byte of the answer
 *
 * Failing of any kind: a message and exit 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>

#include "tests/bench/command.h"

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int time_run(char *argv[])
{
	const uint64_t start = now_ns();

	if (command_run(argv))
		return 1;
	printf("run %llu\n", (unsigned long long)(now_ns() - start));
	return 0;
}

/*
 * One attempt to connect, given up after a millisecond: a guest that is not there yet says
 * nothing, and the kernel would wait a second before it asked again.
 */
static int try_connect(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd connecting = {.fd = fd, .events = POLLOUT};
	struct timespec pause = {.tv_nsec = 1000000};
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	if (errno == EINPROGRESS && poll(&connecting, 1, 1) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0)
		return fd;
	if (errno != EINPROGRESS || error)
		nanosleep(&pause, NULL);
	close(fd);
	return -1;
}

/* Asks for path on the connection; 0 once the first byte of an answer is there. */
static int first_byte(int fd, const char *path)
{
	struct pollfd answering = {.fd = fd, .events = POLLIN};
	char request[256], byte;
	int len = snprintf(request, sizeof(request),
			   "GET %s HTTP/1.0\r\nHost: guest\r\nConnection: close\r\n\r\n", path);

	if (len < 0 || (size_t)len >= sizeof(request) || write(fd, request, (size_t)len) != len)
		return -1;
	if (poll(&answering, 1, 10000) != 1 || read(fd, &byte, 1) != 1 || byte != 'H')
		return -1;
	return 0;
}

static int time_http(char *argv[])
{
	const uint32_t domid = (uint32_t)strtoul(argv[0], NULL, 10);
	const uint64_t patience = strtoull(argv[4], NULL, 10) * 1000000000u;
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);

	if (!xc)
		return fail("libxenctrl");
	if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		errno = EINVAL;
		return fail(argv[1]);
	}

	const uint64_t start = now_ns();

	if (xc_domain_unpause(xc, domid))
		return fail("unpause");
	while (now_ns() - start < patience) {
		int fd = try_connect(&address);

		if (fd >= 0 && first_byte(fd, argv[3]) == 0) {
			printf("first-byte %llu\n", (unsigned long long)(now_ns() - start));
			return 0;
		}
		if (fd >= 0)
			close(fd);
	}
	errno = ETIMEDOUT;
	return fail(argv[1]);
}

int main(int argc, char *argv[])
{
	if (argc >= 3 && !strcmp(argv[1], "run"))
		return time_run(argv + 2);
	if (argc == 7 && !strcmp(argv[1], "http"))
		return time_http(argv + 2);
	fprintf(stderr, "usage: stopwatch run COMMAND [ARGUMENT…]\n"
			"       stopwatch http DOMID ADDRESS PORT PATH SECONDS\n");
	return 1;
}
