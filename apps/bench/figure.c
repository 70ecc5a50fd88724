/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/figure.h"

#include "apps/bench/meter.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"
#include "apps/bench/record.h"

/* Between two marks: few enough for a trace buffer, a multiple of every depth and batch. */
#define MARK_OPERATIONS 64

static const char *run_marked(void *context, struct sample *sample)
{
	const struct measurement *measurement = context;
	const char *reason;

	platform_mark(true);
	reason = measurement->run(measurement->context, sample);
	platform_mark(false);
	return reason;
}

static const char *prepare_marked(void *context, unsigned int operations)
{
	const struct measurement *measurement = context;

	return measurement->prepare ? measurement->prepare(measurement->context, operations) : NULL;
}

static const char *undo_marked(void *context, unsigned int operations)
{
	const struct measurement *measurement = context;

	return measurement->undo ? measurement->undo(measurement->context, operations) : NULL;
}

static const char *mark(const struct figure *figure, const struct measurement *measurement)
{
	struct measurement inner = *measurement;
	const struct measurement marked = {
		.prepare = prepare_marked,
		.run = run_marked,
		.undo = undo_marked,
		.context = &inner,
	};
	struct sample sample;
	const char *reason = measure_once(measurement, MARK_OPERATIONS, &sample); /* warms up */

	if (!reason)
		reason = measure_once(&marked, MARK_OPERATIONS, &sample);
	if (!reason)
		record_mark(figure->name, sample.operations);
	return reason;
}

const char *figure_measure(const struct figure *figure, const struct measurement *measurement)
{
	struct statistics statistics;
	const char *reason;

	if (options.mark)
		return mark(figure, measurement);
	if (options.meter)
		reason = meter_measure(figure, measurement, options.samples, &statistics);
	else
		reason = measure(measurement, figure->unit, options.samples, &statistics);
	if (!reason)
		record_figure(figure->name, figure->unit, &statistics);
	return reason;
}

const char *figure_value(const struct figure *figure, double value)
{
	const struct statistics statistics = {1, 1, value, value, value, value};

	if (options.mark)
		return "there is nothing to mark";
	record_figure(figure->name, figure->unit, &statistics);
	return NULL;
}
