/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.packets.*: UDP datagrams that arrived, a second, when as many as possible are sent. The
 * receiving end's program counts. The time of those sent is from the first until the peer has said
 * how many it has; of those received, from the request to the last that came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apps/bench/figure.h"
#include "apps/bench/network.h"
#include "apps/bench/platform.h"

#define PACKETS		1000u
#define PACKETS_METERED 4000u
#define QUIET_MS	10 /* without any: time to ask whether all have been sent */
#define PATIENCE_NS	(PEER_PATIENCE_S * 1000000000ull)
#define FULL_WAIT_NS	100000ull
#define FULL_TRIES	10000u

struct line {
	int control, datagrams;
	size_t size;
};

/* Where a queue is full there is nothing but to wait for a moment. */
static const char *datagram_send(const struct line *line)
{
	for (unsigned int i = 0; i < FULL_TRIES; i++) {
		if (send(line->datagrams, network_buffer, line->size, 0) == (ssize_t)line->size)
			return NULL;
		if (errno != ENOBUFS && errno != ENOMEM && errno != EAGAIN)
			break;
		platform_sleep_until(platform_clock_ns() + FULL_WAIT_NS);
	}
	return "a datagram cannot be sent";
}

static const char *sink_open(void *context, unsigned int operations)
{
	struct line *line = context;
	struct peer_report report = {0};
	const char *reason =
		network_request(line->control, PEER_UDP_SINK, line->size, operations, 0);

	if (!reason)
		reason = network_report(line->control, &report);
	if (!reason)
		reason = network_datagrams(&line->datagrams, (uint16_t)report.port, QUIET_MS);
	return reason;
}

static const char *run_send(void *context, struct sample *sample)
{
	struct line *line = context;
	struct peer_report report = {0};
	const char *reason = NULL;

	for (unsigned int i = 0; !reason && i < sample->operations; i++)
		reason = datagram_send(line);
	if (!reason)
		reason = network_send(line->control, network_buffer, 1);
	if (!reason)
		reason = network_report(line->control, &report);
	if (!reason && report.count > sample->operations)
		reason = "the peer counted more datagrams than were sent";
	if (!reason)
		sample->operations = report.count;
	return reason;
}

static const char *datagrams_close(void *context, unsigned int operations)
{
	struct line *line = context;

	(void)operations;
	if (line->datagrams >= 0)
		close(line->datagrams);
	line->datagrams = -1;
	return NULL;
}

static const char *source_open(void *context, unsigned int operations)
{
	struct line *line = context;

	(void)operations;
	return network_datagrams(&line->datagrams, 0, QUIET_MS);
}

/* The peer has reported that all are sent: what is not here by now is lost. */
static bool is_over(const struct line *line)
{
	struct pollfd control = {.fd = line->control, .events = POLLIN};

	return poll(&control, 1, 0) != 0;
}

/* Counts them in; when the last came. */
static unsigned int count_arrived(const struct line *line, unsigned int most, uint64_t *last_ns)
{
	const uint64_t deadline_ns = *last_ns + PATIENCE_NS;
	unsigned int count = 0;

	while (count < most) {
		const ssize_t n = recv(line->datagrams, network_buffer, PEER_SIZE_MAX, 0);

		if (n == (ssize_t)line->size) {
			count++;
			*last_ns = platform_clock_ns();
		} else if (is_over(line) || platform_clock_ns() > deadline_ns) {
			break;
		}
	}
	return count;
}

static const char *run_receive(void *context, struct sample *sample)
{
	struct line *line = context;
	struct peer_report report = {0};
	struct sockaddr_in own;
	socklen_t length = sizeof(own);
	const uint64_t begin_ns = platform_clock_ns();
	uint64_t last_ns = begin_ns;
	const char *reason;

	if (getsockname(line->datagrams, (struct sockaddr *)&own, &length) != 0)
		return "the datagram socket has no port";
	reason = network_request(line->control, PEER_UDP_SOURCE, line->size, sample->operations,
				 ntohs(own.sin_port));
	if (reason)
		return reason;
	sample->operations = count_arrived(line, sample->operations, &last_ns);
	sample->elapsed_ns = last_ns - begin_ns;
	reason = network_report(line->control, &report);
	return reason || sample->operations > 0 ? reason : "no datagram arrived";
}

static const char *packets(const struct figure *figure, struct measurement measurement)
{
	struct line line = {.datagrams = -1, .size = figure->parameter};
	const char *reason = network_open(&line.control);

	if (reason)
		return reason;
	measurement.context = &line;
	measurement.undo = datagrams_close;
	measurement.batch = PACKETS;
	measurement.divide = 4;
	measurement.metered = PACKETS_METERED;
	reason = figure_measure(figure, &measurement);
	close(line.control);
	return reason;
}

const char *net_packets_send(const struct figure *figure)
{
	return packets(figure, (struct measurement){.prepare = sink_open, .run = run_send});
}

const char *net_packets_receive(const struct figure *figure)
{
	return packets(figure, (struct measurement){.prepare = source_open, .run = run_receive});
}
