/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/meter.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "apps/bench/figure.h"
#include "apps/bench/network.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"
#include "apps/bench/record.h"

struct metered {
	const struct figure *figure;
	const struct measurement *inner;
	unsigned int sample;
};

static uint64_t from_network(uint64_t value)
{
	const unsigned char *byte = (const unsigned char *)&value;
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(value); i++)
		number = number << 8 | byte[i];
	return number;
}

/* One connection, for all figures. */
static const char *ask(const char *figure, bool begin, struct meter_answer *answer)
{
	static int fd = -1;
	struct meter_request request = {.magic = htonl(METER_MAGIC), .begin = htonl(begin)};
	const char *reason = NULL;

	snprintf(request.figure, sizeof(request.figure), "%s", figure);
	if (fd < 0)
		reason = network_connect(options.meter, METER_PATIENCE_S, &fd);
	if (!reason)
		reason = network_send(fd, &request, sizeof(request));
	if (!reason)
		reason = network_receive(fd, answer, sizeof(*answer));
	if (reason || answer->magic != htonl(METER_MAGIC))
		return "the meter of --meter does not answer";
	answer->guest_ns = from_network(answer->guest_ns);
	answer->dom0_ns = from_network(answer->dom0_ns);
	answer->idle_ns = from_network(answer->idle_ns);
	answer->events = from_network(answer->events);
	return NULL;
}

/* What one sample came to: differences, but for the time. */
static void tell(const struct metered *metered, const struct sample *sample, unsigned int asked,
		 const struct meter_answer *begin, const struct meter_answer *end, uint64_t events)
{
	const struct record_meter record = {
		.sample = metered->sample,
		.asked = asked,
		.operations = sample->operations,
		.bytes = metered->inner->bytes,
		.elapsed_ns = sample->elapsed_ns,
		.guest_ns = end->guest_ns - begin->guest_ns,
		.dom0_ns = end->dom0_ns - begin->dom0_ns,
		.idle_ns = end->idle_ns - begin->idle_ns,
		.events_out = end->events - begin->events,
		.events_in = events,
	};

	record_meter(metered->figure->name, &record);
}

static const char *run_metered(void *context, struct sample *sample)
{
	struct metered *metered = context;
	const uint64_t events = platform_device_events();
	struct meter_answer begin, end;
	const unsigned int asked = sample->operations;
	uint64_t begin_ns, end_ns;
	const char *reason = ask(metered->figure->name, true, &begin);

	if (reason)
		return reason;
	begin_ns = platform_clock_ns();
	reason = metered->inner->run(metered->inner->context, sample);
	end_ns = platform_clock_ns();
	if (sample->elapsed_ns == 0)
		sample->elapsed_ns = end_ns - begin_ns;
	if (!reason)
		reason = ask(metered->figure->name, false, &end);
	if (!reason)
		tell(metered, sample, asked, &begin, &end, platform_device_events() - events);
	metered->sample++;
	return reason;
}

static const char *prepare_metered(void *context, unsigned int operations)
{
	const struct measurement *inner = ((struct metered *)context)->inner;

	return inner->prepare ? inner->prepare(inner->context, operations) : NULL;
}

static const char *undo_metered(void *context, unsigned int operations)
{
	const struct measurement *inner = ((struct metered *)context)->inner;

	return inner->undo ? inner->undo(inner->context, operations) : NULL;
}

const char *meter_measure(const struct figure *figure, const struct measurement *measurement,
			  unsigned int samples, struct statistics *statistics)
{
	struct metered metered = {.figure = figure, .inner = measurement};
	const struct measurement outer = {
		.prepare = prepare_metered,
		.run = run_metered,
		.undo = undo_metered,
		.context = &metered,
		.batch = measurement->metered ? measurement->metered : measurement->batch,
		.bytes = measurement->bytes,
	};

	return measure(&outer, figure->unit, samples, statistics);
}
