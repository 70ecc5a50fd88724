/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: a second network card, plugged in, talked over and lost, many times, while a connection over
 *       the first goes on; which then goes on when the back end of that one is restarted.
 * Why:  whoever unplugs a card expects its connections to end, the others not to notice, and nothing
 *       to be left of it.
 * How:  a script in dom0 (devices.dom0) does what this guest says on its console, with lodge or, as
 *       if the toolstack had died half way, with xenstore-rm. Echo servers of dom0's stand behind
 *       both cards, at 10.0.2.1 and 10.0.1.1. What is held is counted without the card.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netfront/netfront.h"
#include "tests/guest/holdings.h"
#include "unikernel/core/time.h"

#define PORT	 7000
#define ROUNDS	 10
#define PIECE	 8192
#define PATIENCE (60 * TIME_S)

static struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	CHECK(inet_pton(AF_INET, text, &address.sin_addr) == 1);
	return address;
}

/* Connected, or -1: as long as there is no such network, or no bridge that forwards, it tries again. */
static int dial(const char *text)
{
	struct sockaddr_in address = address_of(text);
	uint64_t deadline_ns = time_in(PATIENCE);

	while (time_monotonic_ns() < deadline_ns) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0)
			break;
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		close(fd);
		thread_sleep_until(time_in(50 * TIME_MS));
	}
	return -1;
}

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, data, len, 0);

		if (sent <= 0)
			return false;
		data += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool echo(int fd, size_t pieces, unsigned int seed)
{
	static char out[PIECE], in[PIECE];

	for (size_t i = 0; i < pieces; i++) {
		for (size_t at = 0; at < PIECE; at++)
			out[at] = (char)(at * 7 + i * 13 + seed);
		if (!send_all(fd, out, PIECE))
			return false;
		for (size_t at = 0; at < PIECE;) {
			ssize_t got = recv(fd, in + at, PIECE - at, 0);

			if (got <= 0)
				return false;
			at += (size_t)got;
		}
		if (memcmp(in, out, PIECE) != 0)
			return false;
	}
	return true;
}

/* Its answer is left unread, in pages that came from the back end. */
static bool leave_unread(int fd, size_t pieces)
{
	static const char data[PIECE];
	struct pollfd p = {.fd = fd, .events = POLLIN};

	for (size_t i = 0; i < pieces; i++)
		if (!send_all(fd, data, sizeof(data)))
			return false;
	return poll(&p, 1, 10000) == 1;
}

static bool read_all(int fd, size_t len)
{
	static char data[PIECE];

	while (len > 0) {
		ssize_t got = recv(fd, data, len < sizeof(data) ? len : sizeof(data), 0);

		if (got <= 0)
			return false;
		len -= (size_t)got;
	}
	return true;
}

/* What lwIP still has of it goes within a moment; what does not is a leak. */
static struct holdings settled(const struct holdings *before)
{
	uint64_t deadline_ns = time_in(PATIENCE);
	struct holdings now = holdings();

	while (memcmp(&now, before, sizeof(now)) != 0 && time_monotonic_ns() < deadline_ns) {
		thread_sleep_until(time_in(50 * TIME_MS));
		now = holdings();
	}
	return now;
}

static bool wait_for_card(bool there)
{
	uint64_t deadline_ns = time_in(PATIENCE);

	while ((netfront_open(1) != NULL) != there && time_monotonic_ns() < deadline_ns)
		thread_sleep_until(time_in(10 * TIME_MS));
	return (netfront_open(1) != NULL) == there;
}

/* Sends as fast as it can and reads nothing, until that fails: pages of ours are with the back end. */
static struct {
	int fd, error;
	bool over;
	struct waitq ended;
} flood;

static void flood_thread(void *unused)
{
	static const char data[4 * PIECE];

	(void)unused;
	while (send(flood.fd, data, sizeof(data), 0) > 0)
		;
	flood.error = errno;
	flood.over = true;
	waitq_wake_all(&flood.ended);
}

static bool flood_start(void)
{
	flood.fd = dial("10.0.1.1");
	flood.over = false;
	return flood.fd >= 0 && thread_create("flood", flood_thread, NULL, 0);
}

static void flood_end(void)
{
	CHECK(waitq_wait_until(&flood.ended, flood.over, time_in(PATIENCE)) == 0);
	CHECK(flood.error == ECONNABORTED);
	CHECK(close(flood.fd) == 0);
}

/* A blocked reader, and datagrams to a network that is no more. */
static void check_lost(int stream, int datagram, bool unread)
{
	struct sockaddr_in address = address_of("10.0.1.1");
	static char data[PIECE];
	ssize_t got;

	/* What has come is the program's; behind it is the end. */
	do
		got = recv(stream, data, sizeof(data), 0);
	while (unread && got > 0);
	CHECK(got == -1 && errno == ECONNABORTED);
	CHECK(send(stream, data, 1, 0) == -1);
	CHECK(wait_for_card(false));
	CHECK(sendto(datagram, data, 1, 0, (struct sockaddr *)&address, sizeof(address)) == -1 &&
	      errno == EHOSTUNREACH);
}

/* The grant table does not shrink again: it is made as large as the busiest moment may want it. */
static void warm_up_grants(void)
{
	enum { GRANTS = 1000 };
	static grant_ref_t ref[GRANTS];
	void *page = page_alloc();
	int granted = 0;

	if (!CHECK(page != NULL))
		return;
	while (granted < GRANTS && gnttab_grant(0, page, true, &ref[granted]) == 0)
		granted++;
	CHECK(granted == GRANTS);
	while (granted > 0 && gnttab_end(ref[granted - 1]) == 0)
		granted--;
	CHECK(granted == 0);
	page_free(page);
}

/*
 * Rings, and the pages behind them, grow with what was under way at once: more than there will ever
 * be again, so that the first card does not grow later.
 */
static void warm_up(int stream)
{
	struct sockaddr_in address = address_of("10.0.2.1");
	int datagram = socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 64; i++)
		CHECK(sendto(datagram, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)) ==
		      1);
	CHECK(close(datagram) == 0);
	CHECK(echo(stream, 32, 0));
	CHECK(leave_unread(stream, 8));
	thread_sleep_until(time_in(TIME_S));
	CHECK(read_all(stream, 8 * PIECE));
}

static bool play(unsigned int round)
{
	struct sockaddr_in address = address_of("10.0.1.1");
	bool rip = round % 3 == 2, unread = round % 2 == 1;
	int stream, datagram;

	say("plug it in, round %u\n", round);
	stream = dial("10.0.1.1");
	datagram = socket(AF_INET, SOCK_DGRAM, 0);
	if (!CHECK(stream >= 0) || !CHECK(datagram >= 0))
		return false;
	CHECK(wait_for_card(true));
	CHECK(echo(stream, 8, round));
	CHECK(sendto(datagram, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)) == 1);
	if (unread)
		CHECK(leave_unread(stream, 1));
	if (!CHECK(flood_start()))
		return false;
	say(rip ? "rip it out, round %u\n" : "take it away, round %u\n", round);
	check_lost(stream, datagram, unread);
	flood_end();
	CHECK(close(stream) == 0);
	CHECK(close(datagram) == 0);
	return failures == 0;
}

/* The connection has nothing to do with whose pages its segments were in. */
static void check_restart(int stream)
{
	uint64_t deadline_ns = time_in(PATIENCE);
	struct netfront_stats stats;
	bool good = true;

	say("restart the backend now\n");
	do {
		good = good && echo(stream, 1, 99);
		netfront_stats(netfront_open(0), &stats);
	} while (good && stats.connections == 1 && time_monotonic_ns() < deadline_ns);
	CHECK(good);
	CHECK(stats.connections == 2);
	CHECK(echo(stream, 8, 100));
}

int main(void)
{
	struct netfront_stats stats;
	struct holdings before, after;
	int first = dial("10.0.2.1");

	if (first < 0)
		return verdict_error("hotplug", "nobody answers behind the first card");
	warm_up_grants();
	warm_up(first);
	/* The first time, the heap and the grant table get what they keep. */
	if (!play(0))
		return verdict("hotplug");
	CHECK(echo(first, 1, 0));
	thread_sleep_until(time_in(2 * TIME_S)); /* what is on its way arrives */
	before = holdings();
	for (unsigned int round = 1; round <= ROUNDS; round++) {
		if (!play(round))
			break;
		CHECK(echo(first, 1, round));
		after = settled(&before);
		holdings_compare(&before, &after);
	}
	netfront_stats(netfront_open(0), &stats);
	CHECK(stats.connections == 1);
	CHECK(stats.violations == 0);
	if (failures == 0)
		check_restart(first);
	CHECK(close(first) == 0);
	return verdict("hotplug");
}
