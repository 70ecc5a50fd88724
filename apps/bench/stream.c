/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.stream.*: TCP in messages of 64 KiB on one connection. A sample sent ends when the peer says
 * that it has all of it, one received with its last byte; both begin with the request.
 */
#include <unistd.h>

#include "apps/bench/figure.h"
#include "apps/bench/network.h"

static const char *run_send(void *context, struct sample *sample)
{
	const int fd = *(const int *)context;
	struct peer_report report = {0};
	const char *reason = network_request(fd, PEER_SINK, PEER_SIZE_MAX, sample->operations, 0);

	for (unsigned int i = 0; !reason && i < sample->operations; i++)
		reason = network_send(fd, network_buffer, PEER_SIZE_MAX);
	return reason ? reason : network_report(fd, &report);
}

static const char *run_receive(void *context, struct sample *sample)
{
	const int fd = *(const int *)context;
	const char *reason = network_request(fd, PEER_SOURCE, PEER_SIZE_MAX, sample->operations, 0);

	for (unsigned int i = 0; !reason && i < sample->operations; i++)
		reason = network_receive(fd, network_buffer, PEER_SIZE_MAX);
	return reason;
}

static const char *stream(const struct figure *figure,
			  const char *(*run)(void *context, struct sample *sample))
{
	int fd;
	const struct measurement measurement = {.run = run,
						.context = &fd,
						.batch = 64,
						.divide = 10,
						.metered = 512,
						.bytes = PEER_SIZE_MAX};
	const char *reason = network_open(&fd);

	if (reason)
		return reason;
	reason = figure_measure(figure, &measurement);
	close(fd);
	return reason;
}

const char *net_stream_send(const struct figure *figure)
{
	return stream(figure, run_send);
}

const char *net_stream_receive(const struct figure *figure)
{
	return stream(figure, run_receive);
}
