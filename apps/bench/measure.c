/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/measure.h"

#include <stdlib.h>

#include "apps/bench/platform.h"

/* A tenth of the samples, and once in any case, is made before any counts. */
#define WARM_UP_PART 10

double measure_value(enum unit unit, const struct sample *sample, size_t bytes)
{
	/* A clock that did not move between two readings has shown less than its step. */
	const double elapsed_ns = sample->elapsed_ns > 0 ? (double)sample->elapsed_ns : 1;
	const double operations = sample->operations;

	switch (unit) {
	case UNIT_BYTES_PER_S:
		return operations * (double)bytes * 1e9 / elapsed_ns;
	case UNIT_PER_S:
		return operations * 1e9 / elapsed_ns;
	case UNIT_BYTES:
	case UNIT_NS:
		break;
	}
	return sample->operations > 0 ? elapsed_ns / operations : elapsed_ns;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void measure_statistics(double value[], unsigned int count, struct statistics *statistics)
{
	const unsigned int middle = count / 2;

	qsort(value, count, sizeof(value[0]), compare);
	statistics->samples = count;
	statistics->min = value[0];
	statistics->max = value[count - 1];
	statistics->median = count % 2 ? value[middle] : (value[middle - 1] + value[middle]) / 2;
	statistics->p99 = value[(count * 99 + 99) / 100 - 1];
}

static const char *run(const struct measurement *measurement, struct sample *sample)
{
	const uint64_t begin_ns = platform_clock_ns();
	const char *reason = measurement->run(measurement->context, sample);
	const uint64_t end_ns = platform_clock_ns();

	if (sample->elapsed_ns == 0)
		sample->elapsed_ns = end_ns - begin_ns;
	return reason;
}

const char *measure_once(const struct measurement *measurement, unsigned int operations,
			 struct sample *sample)
{
	const char *reason = NULL, *undone = NULL;

	*sample = (struct sample){.operations = operations};
	if (measurement->prepare)
		reason = measurement->prepare(measurement->context, operations);
	if (!reason)
		reason = run(measurement, sample);
	if (measurement->undo)
		undone = measurement->undo(measurement->context, operations);
	return reason ? reason : undone;
}

static const char *take(const struct measurement *measurement, enum unit unit, double value[],
			unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct sample sample;
		const char *reason = measure_once(measurement, measurement->batch, &sample);

		if (reason)
			return reason;
		value[i] = measure_value(unit, &sample, measurement->bytes);
	}
	return NULL;
}

const char *measure(const struct measurement *measurement, enum unit unit, unsigned int samples,
		    struct statistics *statistics)
{
	const char *reason;
	double *value;

	if (measurement->divide > 1)
		samples /= measurement->divide;
	if (samples < 1)
		samples = 1;
	if (samples > SAMPLES_MAX)
		samples = SAMPLES_MAX;
	value = malloc(samples * sizeof(*value));
	if (!value)
		return "there is no memory for the samples";
	reason = take(measurement, unit, value, samples / WARM_UP_PART + 1);
	if (!reason)
		reason = take(measurement, unit, value, samples);
	if (!reason) {
		measure_statistics(value, samples, statistics);
		statistics->batch = measurement->batch;
	}
	free(value);
	return reason;
}
