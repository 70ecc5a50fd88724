/* SPDX-License-Identifier: BSD-2-Clause */
/* net.rtt.*: one byte to the peer and back, by TCP and by UDP. */
#include <sys/socket.h>
#include <unistd.h>

#include "apps/bench/figure.h"
#include "apps/bench/network.h"

#define UDP_WAIT_MS 2000 /* lost, and not late on a busy host */

struct line {
	int fd;
	unsigned char number; /* of the last datagram */
};

static const char *run_tcp(void *context, struct sample *sample)
{
	struct line *line = context;
	const char *reason = NULL;
	unsigned char byte = 1;

	for (unsigned int i = 0; !reason && i < sample->operations; i++) {
		reason = network_send(line->fd, &byte, 1);
		if (!reason)
			reason = network_receive(line->fd, &byte, 1);
	}
	return reason;
}

/* A datagram that was lost ends the figure; one that comes late answers an earlier number. */
static const char *run_udp(void *context, struct sample *sample)
{
	struct line *line = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		unsigned char sent = ++line->number, got;

		if (send(line->fd, &sent, 1, 0) != 1)
			return "a datagram cannot be sent";
		do {
			if (recv(line->fd, &got, 1, 0) != 1)
				return "a datagram was lost";
		} while (got != sent);
	}
	return NULL;
}

const char *net_rtt_tcp(const struct figure *figure)
{
	struct line line;
	const struct measurement measurement = {
		.run = run_tcp, .context = &line, .batch = 10, .metered = 500};
	const char *reason = network_open(&line.fd);

	if (reason)
		return reason;
	reason = network_request(line.fd, PEER_ECHO, 1, PEER_COUNT_MAX, 0);
	if (!reason)
		reason = figure_measure(figure, &measurement);
	close(line.fd);
	return reason;
}

const char *net_rtt_udp(const struct figure *figure)
{
	struct line line = {.fd = -1};
	const struct measurement measurement = {
		.run = run_udp, .context = &line, .batch = 10, .metered = 500};
	struct peer_report report = {0};
	int control;
	const char *reason = network_open(&control);

	if (reason)
		return reason;
	reason = network_request(control, PEER_UDP_ECHO, 1, PEER_COUNT_MAX, 0);
	if (!reason)
		reason = network_report(control, &report);
	if (!reason)
		reason = network_datagrams(&line.fd, (uint16_t)report.port, UDP_WAIT_MS);
	if (!reason)
		reason = figure_measure(figure, &measurement);
	if (line.fd >= 0)
		close(line.fd);
	close(control);
	return reason;
}
