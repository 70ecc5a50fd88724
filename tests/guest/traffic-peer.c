/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side of tests/guest/traffic, in dom0.
 *
 *   traffic-peer IPV4 IPV6 INTERFACE GROUPS STEP…
 *
 * The guest's addresses, the latter link-local behind the interface, and that to which frames to groups
 * go. Steps, one after the other:
 *
 *	check       TCP over IPv4, over IPv6, datagrams, groups; the guest looks at its counters each time
 *	late        streams whose end finds our window nearly full
 *	paced       streams that take some seconds, for a script that does something meanwhile
 *	soak=S      for so many seconds all of it at once; the guest must settle now and then
 *	end         the guest tells its verdict
 *
 * Errors are told to the guest at the end, and by the exit status.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/traffic/protocol.h"

static struct sockaddr_storage guest[2]; /* IPv4, IPv6 */
static unsigned int groups;		 /* the interface's index */
static unsigned int *errors;		 /* shared with the children */
static uint32_t next_seed = 1;
static uint32_t late_tail; /* bytes: so many are left in a small buffer for LATE_S */
#define LATE_S	    3
#define LATE_BUFFER 30000

static void error(const char *what, uint32_t seed)
{
	fprintf(stderr, "traffic-peer: %s, seed %u: %s\n", what, seed, strerror(errno));
	__atomic_add_fetch(errors, 1, __ATOMIC_RELAXED);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static socklen_t address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

/* Connected; tries again for as long as the guest is not there yet, or its card is away. */
static int dial(int family)
{
	for (double begin = now(); now() - begin < PATIENCE_S;) {
		int fd = socket(guest[family].ss_family, SOCK_STREAM, 0);

		if (late_tail > 0)
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){LATE_BUFFER}, sizeof(int));
		if (connect(fd, (struct sockaddr *)&guest[family], address_size(&guest[family])) ==
		    0)
			return fd;
		close(fd);
		usleep(100000);
	}
	error("connect", 0);
	return -1;
}

/* --- streams --------------------------------------------------------------------------------- */

/* Where the first wrong byte is, and where in the streams of this time what stands there belongs. */
static void wrong_tell(const struct traffic_order *order, uint32_t at, const uint8_t *data,
		       size_t len)
{
	size_t good = 0;
	uint64_t word = 0;

	while (good < len && pattern_is(order->seed + 1, at + (uint32_t)good, data + good, 1))
		good++;
	fprintf(stderr, "traffic-peer: seed %u: wrong at %zu", order->seed, at + good);
	for (size_t i = good; i < good + 8 && i + 8 <= len; i++) {
		memcpy(&word, data + i, 8);
		for (uint32_t seed = order->seed > 20 ? order->seed - 20 : 0;
		     seed < order->seed + 20; seed++)
			for (uint32_t k = 0; k < order->down / 8 + 1; k++)
				if (pattern_word(seed, k) == word)
					fprintf(stderr, ", byte %u of seed %u at %zu", k * 8, seed,
						at + i);
	}
	fprintf(stderr, ", %016llx of %zu\n", (unsigned long long)word, len);
}

/* pause_us between one piece and the next makes it slow. False: an error, which was told. */
static bool stream_turn(int fd, const struct traffic_order *order, uint32_t *sent, uint32_t *got,
			useconds_t pause_us)
{
	static uint8_t data[65536];
	static uint32_t state;
	struct pollfd p = {.fd = fd,
			   .events = (short)((*got < order->down ? POLLIN : 0) |
					     (*sent < order->up ? POLLOUT : 0))};

	if (poll(&p, 1, PATIENCE_S * 1000) <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	if (p.revents & POLLOUT) {
		size_t len = piece_size(&state, pause_us ? 4000 : sizeof(data));

		if (len > order->up - *sent)
			len = order->up - *sent;
		pattern_fill(order->seed, *sent, data, len);
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return false;
		*sent += n > 0 ? (uint32_t)n : 0;
		if (*sent == order->up)
			shutdown(fd, SHUT_WR);
		usleep(pause_us);
	}
	if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
		ssize_t n = recv(fd, data, pause_us ? 2000 : sizeof(data), MSG_DONTWAIT);

		if (n == 0)
			errno = EPIPE;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		if (n > 0 && !pattern_is(order->seed + 1, *got, data, (size_t)n)) {
			wrong_tell(order, *got, data, (size_t)n);
			errno = EILSEQ;
			return false;
		}
		*got += n > 0 ? (uint32_t)n : 0;
	}
	return true;
}

/*
 * Until the guest has acknowledged all of it. Of a socket that is closed before, the kernel tries no more than
 * eight times to deliver what is left, and back ends may be away for all of them. A guest that has
 * all may forget the connection before its last word gets through, and is asked again then: a reset.
 */
static bool delivered(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);
	int left = 0;

	for (double begin = now(); now() - begin < PATIENCE_S; usleep(10000))
		if (ioctl(fd, SIOCOUTQ, &left) < 0 || left == 0 ||
		    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
		    info.tcpi_state == TCP_CLOSE)
			return true;
	return false;
}

static void stream(int family, uint32_t up, uint32_t down, useconds_t pause_us)
{
	struct traffic_order order = {
		.kind = TRAFFIC_STREAM, .seed = next_seed, .up = up, .down = down};
	uint32_t sent = 0, got = 0;
	uint8_t byte;
	int fd = dial(family);

	if (fd < 0)
		return;
	if (send(fd, &order, sizeof(order), MSG_NOSIGNAL) != sizeof(order))
		error("order", order.seed);
	if (up == 0)
		shutdown(fd, SHUT_WR);
	while (sent < up || got < down) {
		if (late_tail > 0 && down - got <= late_tail) {
			sleep(LATE_S);
			late_tail = 0;
		}
		if (!stream_turn(fd, &order, &sent, &got, pause_us)) {
			fprintf(stderr, "traffic-peer: %u of %u sent, %u of %u got\n", sent, up,
				got, down);
			error("stream", order.seed);
			break;
		}
	}
	if (sent == up && got == down && recv(fd, &byte, 1, 0) != 0)
		error("more than the stream, or no end", order.seed);
	else if (sent == up && !delivered(fd))
		error("never acknowledged", order.seed);
	close(fd);
}

/* --- datagrams ------------------------------------------------------------------------------- */

static int datagram_socket(int family)
{
	struct timeval second = {.tv_sec = 1};
	struct ip_mreqn out = {.imr_ifindex = (int)groups};
	int fd = socket(guest[family].ss_family, SOCK_DGRAM, 0), size = 1 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (family == 0)
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out));
	return fd;
}

static void datagram_send(int fd, const struct sockaddr_storage *to, uint32_t seed, size_t len,
			  uint32_t answer, uint32_t count)
{
	static uint8_t data[sizeof(struct traffic_datagram) + DATAGRAM_MAX];
	struct traffic_datagram head = {.seed = seed, .answer = answer, .count = count};

	memcpy(data, &head, sizeof(head));
	pattern_fill(seed, 0, data + sizeof(head), len);
	sendto(fd, data, sizeof(head) + len, 0, (const struct sockaddr *)to, address_size(to));
}

/* One there and one back, again if one is lost. Its bytes are right or it is an error. */
static void datagram(int fd, const struct sockaddr_storage *to, size_t len, uint32_t answer,
		     unsigned int tries)
{
	static uint8_t data[sizeof(struct traffic_datagram) + DATAGRAM_MAX];
	struct traffic_datagram head = {0};

	while (tries-- > 0) {
		uint32_t seed = next_seed += 2;
		ssize_t got;

		datagram_send(fd, to, seed, len, answer, 1);
		do {
			got = recv(fd, data, sizeof(data), 0);
			if (got < (ssize_t)sizeof(head))
				break;
			memcpy(&head, data, sizeof(head));
			if (!pattern_is(head.seed, 0, data + sizeof(head),
					(size_t)got - sizeof(head)))
				error("a datagram's bytes", seed);
		} while (head.seed != seed + 1);
		if (got == (ssize_t)(sizeof(head) + answer))
			return;
	}
	fprintf(stderr, "traffic-peer: %zu bytes there, %u back\n", len, answer);
	error("datagram", next_seed);
}

static void datagrams(int family)
{
	static const uint32_t size[] = {0,    1,    2,	   17,	  100,	 1000,	1459,	     1460,
					1461, 1472, 1473,  2947,  2960,	 4000,	8959,	     8960,
					8973, 9000, 17001, 30000, 44399, 59999, DATAGRAM_MAX};
	enum { SIZES = sizeof(size) / sizeof(size[0]) };
	int fd = datagram_socket(family);

	for (size_t i = 0; i < SIZES && *errors == 0; i++) {
		datagram(fd, &guest[family], size[i], size[SIZES - 1 - i], 5);
		datagram(fd, &guest[family], size[i], size[i], 5);
	}
	close(fd);
}

/* As fast as it goes, both ways, most of it lost. */
static void flood(int family, unsigned int count)
{
	int fd = datagram_socket(family);
	uint8_t byte;

	for (unsigned int i = 0; i < count; i++) {
		datagram_send(fd, &guest[family], next_seed++, i % 50 == 0 ? 4000 : i % 1400,
			      i % 1400, i % 16 == 0 ? 16 : 0);
		while (recv(fd, &byte, 1, MSG_DONTWAIT) > 0)
			;
	}
	close(fd);
}

static struct sockaddr_storage group_address(const char *group)
{
	struct sockaddr_storage to = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&to;

	in->sin_family = AF_INET;
	in->sin_port = htons(TRAFFIC_PORT);
	inet_pton(AF_INET, group, &in->sin_addr);
	return to;
}

/* --- steps ----------------------------------------------------------------------------------- */

static void tell(uint32_t kind, uint32_t phase)
{
	struct traffic_order order = {.kind = kind, .up = *errors, .phase = phase};
	int fd = dial(0);
	uint8_t byte;

	if (fd < 0)
		return;
	if (send(fd, &order, sizeof(order), MSG_NOSIGNAL) != sizeof(order) ||
	    recv(fd, &byte, 1, 0) != 1)
		error("no answer to an order", kind);
	close(fd);
}

/* Several streams at once: those with sizes of 0 end at once in their direction. */
static void streams(int family, uint32_t size, useconds_t pause_us)
{
	const uint32_t sizes[][2] = {{size, size * 5},
				     {size + 1, size / 3},
				     {size / 7, size - 1},
				     {0, size},
				     {size, 0},
				     {1, 1}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		next_seed += 2;
		if (fork() == 0) {
			stream(family, sizes[i][0], sizes[i][1], pause_us);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

/*
 * The last segment, which has the FIN, fits in the window in part in some of them: lwIP cuts it then, and
 * the end must not be taken for the end of the first part.
 */
static void late(void)
{
	for (late_tail = 2500; late_tail < 75000; late_tail += 2500) {
		next_seed += 2;
		if (fork() == 0) {
			stream(0, 0, 900000, 0);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	late_tail = 0;
}

static void check(void)
{
	struct sockaddr_storage group = group_address(TRAFFIC_GROUP);
	struct sockaddr_storage other = group_address(TRAFFIC_OTHER);
	int fd = datagram_socket(0);

	tell(TRAFFIC_MARK, PHASE_BEGIN);
	streams(0, 300000, 0);
	tell(TRAFFIC_MARK, PHASE_TCP4);
	streams(1, 300000, 0);
	tell(TRAFFIC_MARK, PHASE_TCP6);
	datagrams(0);
	datagrams(1);
	datagram(fd, &group, 1000, 1000, 5);
	tell(TRAFFIC_MARK, PHASE_UDP);
	for (int i = 0; i < OTHER_GROUP_FRAMES; i++)
		datagram_send(fd, &other, next_seed++, 10, 0, 0);
	tell(TRAFFIC_MARK, PHASE_OTHER_GROUP);
	close(fd);
}

/* Each in a process of its own: one that has lost its peer must not hold up the others. */
static void soak_round(unsigned int round, double until)
{
	for (int family = 0; family < 2; family++) {
		if (fork() == 0) {
			next_seed += round * 1000 + (uint32_t)family * 100000;
			while (now() < until)
				streams(family, 1000 + next_seed * 7919 % 1000000, 0);
			_exit(0);
		}
		if (fork() == 0) {
			next_seed += round * 1000 + (uint32_t)family * 200000;
			for (int fd = datagram_socket(family); now() < until;) {
				uint32_t len = next_seed * 104729 % DATAGRAM_MAX;

				datagram(fd, &guest[family], len, DATAGRAM_MAX - len, 100);
				if (next_seed % 64 == 0)
					flood(family, 2000);
			}
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

/* With nobody disturbing: the file asks for that. */
static void settle(void)
{
	static const char quiet[] = "/run/traffic.quiet";
	int fd = open(quiet, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	tell(TRAFFIC_SETTLE, 0);
	close(fd);
	unlink(quiet);
}

/* Once to warm up. */
static void soak(double seconds)
{
	double begin = now(), turn = seconds < 120 ? 10 : 60;
	unsigned int round = 0;

	soak_round(round++, now() + turn);
	do {
		settle();
		soak_round(round++, now() + turn);
	} while (now() - begin < seconds && *errors == 0);
	settle();
}

static bool step(const char *word)
{
	if (!strcmp(word, "check"))
		check();
	else if (!strcmp(word, "late"))
		late();
	else if (!strcmp(word, "paced"))
		streams(0, 1000000, 5000);
	else if (!strncmp(word, "soak=", 5))
		soak(strtod(word + 5, NULL));
	else if (!strcmp(word, "end"))
		tell(TRAFFIC_END, 0);
	else
		return false;
	return true;
}

int main(int argc, char *argv[])
{
	struct sockaddr_in *four = (struct sockaddr_in *)&guest[0];
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&guest[1];

	errors = mmap(NULL, sizeof(*errors), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (errors == MAP_FAILED || argc < 6 || (groups = if_nametoindex(argv[4])) == 0 ||
	    inet_pton(AF_INET, argv[1], &four->sin_addr) != 1 ||
	    inet_pton(AF_INET6, argv[2], &six->sin6_addr) != 1) {
		fprintf(stderr, "usage: traffic-peer IPV4 IPV6 INTERFACE GROUPS STEP...\n");
		return 2;
	}
	four->sin_family = AF_INET;
	six->sin6_family = AF_INET6;
	four->sin_port = six->sin6_port = htons(TRAFFIC_PORT);
	six->sin6_scope_id = if_nametoindex(argv[3]);
	for (int i = 5; i < argc; i++)
		if (!step(argv[i])) {
			fprintf(stderr, "traffic-peer: %s is no step\n", argv[i]);
			return 2;
		}
	return *errors > 0;
}
