/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "apps/bench/platform.h"

static unsigned int figures_told;

static void __attribute__((format(printf, 2, 3))) record(const char *kind, const char *format, ...)
{
	va_list arguments;

	printf("bench: {\"record\":\"%s\"", kind);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("}\n");
	fflush(stdout);
	platform_settle();
}

static const char *unit_name(enum unit unit)
{
	switch (unit) {
	case UNIT_BYTES_PER_S:
		return "B/s";
	case UNIT_PER_S:
		return "1/s";
	case UNIT_BYTES:
		return "B";
	case UNIT_NS:
		break;
	}
	return "ns";
}

void record_start(const char *program, const char *mode)
{
	record("start", ",\"schema\":%d,\"program\":\"%s\",\"mode\":\"%s\"", RECORD_SCHEMA, program,
	       mode);
}

void record_stage(const char *name, uint64_t at_ns)
{
	record("stage", ",\"name\":\"%s\",\"at_ns\":%" PRIu64, name, at_ns);
}

void record_figure(const char *name, enum unit unit, const struct statistics *statistics)
{
	figures_told++;
	record("figure",
	       ",\"name\":\"%s\",\"unit\":\"%s\",\"samples\":%u,\"batch\":%u"
	       ",\"min\":%.2f,\"median\":%.2f,\"p99\":%.2f,\"max\":%.2f",
	       name, unit_name(unit), statistics->samples, statistics->batch, statistics->min,
	       statistics->median, statistics->p99, statistics->max);
}

void record_absent(const char *name, const char *reason)
{
	record("absent", ",\"name\":\"%s\",\"reason\":\"%s\"", name, reason);
}

void record_mark(const char *name, unsigned int operations)
{
	record("mark", ",\"name\":\"%s\",\"operations\":%u", name, operations);
}

void record_meter(const char *name, const struct record_meter *meter)
{
	record("meter",
	       ",\"name\":\"%s\",\"sample\":%u,\"asked\":%u,\"operations\":%u,\"bytes\":%zu"
	       ",\"elapsed_ns\":%" PRIu64 ",\"guest_ns\":%" PRIu64 ",\"dom0_ns\":%" PRIu64
	       ",\"idle_ns\":%" PRIu64 ",\"events_out\":%" PRIu64 ",\"events_in\":%" PRIu64,
	       name, meter->sample, meter->asked, meter->operations, meter->bytes,
	       meter->elapsed_ns, meter->guest_ns, meter->dom0_ns, meter->idle_ns,
	       meter->events_out, meter->events_in);
}

void record_end(void)
{
	record("end", ",\"figures\":%u", figures_told);
}
