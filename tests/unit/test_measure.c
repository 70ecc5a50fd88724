/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: apps/bench/measure.c: samples, warm-up, and what they come to.
 * Why:  a figure that is computed wrong is believed like any other.
 * How:  a clock that moves only when the measured operation says so, so that every value is known
 *       beforehand; statistics against those of series whose answer can be counted off.
 */
#include "tests/unit/unit.h"

#include <math.h>

#include "apps/bench/measure.h"
#include "apps/bench/platform.h"

static uint64_t now_ns = 1000000;

uint64_t platform_clock_ns(void)
{
	return now_ns;
}

/* What the measured thing was asked, and what it does. */
struct script {
	unsigned int prepared, ran, undone;
	uint64_t step_ns; /* an operation takes so long … */
	uint64_t more_ns; /* … and each further sample's so much longer */
	unsigned int fails_at;
	uint64_t own_ns;   /* told in place of the clock's */
	unsigned int only; /* so many operations were done; 0: all */
	bool prepare_fails;
};

static const char reason[] = "because";

static const char *prepare(void *context, unsigned int operations)
{
	struct script *script = context;

	assert_int_equal(script->prepared, script->undone);
	assert_true(operations > 0);
	script->prepared++;
	now_ns += 12345; /* not timed */
	return script->prepare_fails ? reason : NULL;
}

static const char *run(void *context, struct sample *sample)
{
	struct script *script = context;

	assert_int_equal(script->prepared, script->undone + 1);
	if (++script->ran == script->fails_at)
		return reason;
	now_ns += sample->operations * script->step_ns;
	script->step_ns += script->more_ns;
	sample->elapsed_ns = script->own_ns;
	if (script->only)
		sample->operations = script->only;
	return NULL;
}

static const char *undo(void *context, unsigned int operations)
{
	struct script *script = context;

	assert_true(operations > 0);
	script->undone++;
	now_ns += 54321; /* not timed */
	return NULL;
}

static struct measurement measurement_of(struct script *script)
{
	return (struct measurement){
		.prepare = prepare, .run = run, .undo = undo, .context = script, .batch = 10};
}

static bool same(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

static void operations_are_timed_and_nothing_else(void **state)
{
	struct script script = {.step_ns = 7};
	const struct measurement measurement = measurement_of(&script);
	struct statistics statistics;

	(void)state;
	assert_null(measure(&measurement, UNIT_NS, 101, &statistics));
	assert_int_equal(statistics.samples, 101);
	assert_int_equal(statistics.batch, 10);
	assert_true(same(statistics.min, 7) && same(statistics.median, 7));
	assert_true(same(statistics.p99, 7) && same(statistics.max, 7));
	/* A tenth and one more to warm up. */
	assert_int_equal(script.ran, 101 + 11);
	assert_int_equal(script.undone, script.ran);
}

static void the_warm_up_does_not_count(void **state)
{
	struct script script = {.step_ns = 1, .more_ns = 1};
	const struct measurement measurement = measurement_of(&script);
	struct statistics statistics;

	(void)state;
	assert_null(measure(&measurement, UNIT_NS, 5, &statistics));
	assert_true(same(statistics.min, 2) && same(statistics.max, 6));
	assert_true(same(statistics.median, 4));
}

static void long_samples_are_fewer(void **state)
{
	struct script script = {.step_ns = 1};
	struct measurement measurement = measurement_of(&script);
	struct statistics statistics;

	(void)state;
	measurement.divide = 10;
	assert_null(measure(&measurement, UNIT_NS, 101, &statistics));
	assert_int_equal(statistics.samples, 10);
	assert_null(measure(&measurement, UNIT_NS, 3, &statistics));
	assert_int_equal(statistics.samples, 1);
	measurement.divide = 0;
	assert_null(measure(&measurement, UNIT_NS, 0, &statistics));
	assert_int_equal(statistics.samples, 1);
	assert_null(measure(&measurement, UNIT_NS, SAMPLES_MAX + 5, &statistics));
	assert_int_equal(statistics.samples, SAMPLES_MAX);
}

static void a_reason_ends_it(void **state)
{
	struct script script = {.step_ns = 1, .fails_at = 9};
	const struct measurement measurement = measurement_of(&script);
	struct statistics statistics;

	(void)state;
	assert_ptr_equal(measure(&measurement, UNIT_NS, 101, &statistics), reason);
	assert_int_equal(script.ran, 9);
	assert_int_equal(script.undone, 9); /* in any case */

	script = (struct script){.prepare_fails = true};
	assert_ptr_equal(measure(&measurement, UNIT_NS, 101, &statistics), reason);
	assert_int_equal(script.ran, 0);
	assert_int_equal(script.undone, 1);
}

static void run_may_know_better(void **state)
{
	struct script script = {.step_ns = 1000, .own_ns = 500, .only = 5};
	const struct measurement measurement = measurement_of(&script);
	struct statistics statistics;
	struct sample sample;

	(void)state;
	assert_null(measure(&measurement, UNIT_NS, 11, &statistics));
	assert_true(same(statistics.median, 100));
	assert_null(measure_once(&measurement, 64, &sample));
	assert_int_equal(sample.operations, 5);
	assert_int_equal(sample.elapsed_ns, 500);
}

static void values_have_their_units(void **state)
{
	const struct sample sample = {.operations = 4, .elapsed_ns = 2000};
	const struct sample still = {.operations = 4, .elapsed_ns = 0}, none = {0, 50};

	(void)state;
	assert_true(same(measure_value(UNIT_NS, &sample, 0), 500));
	assert_true(same(measure_value(UNIT_PER_S, &sample, 0), 2e6));
	assert_true(same(measure_value(UNIT_BYTES_PER_S, &sample, 4096), 4096 * 2e6));
	/* No division by 0, whatever the clock or the operation says. */
	assert_true(same(measure_value(UNIT_PER_S, &still, 0), 4e9));
	assert_true(same(measure_value(UNIT_NS, &none, 0), 50));
	assert_true(same(measure_value(UNIT_PER_S, &none, 0), 0));
}

static void statistics_of_a_series(void **state)
{
	double value[1000];
	struct statistics statistics;

	(void)state;
	value[0] = 3;
	measure_statistics(value, 1, &statistics);
	assert_true(same(statistics.min, 3) && same(statistics.median, 3));
	assert_true(same(statistics.p99, 3) && same(statistics.max, 3));

	/* 1 … count, shuffled: the value is its rank. */
	for (unsigned int count = 2; count <= 1000; count += 7) {
		for (unsigned int i = 0; i < count; i++) {
			const unsigned int j = unit_random() % (i + 1);

			value[i] = value[j];
			value[j] = i + 1;
		}
		measure_statistics(value, count, &statistics);
		assert_int_equal(statistics.samples, count);
		assert_true(same(statistics.min, 1) && same(statistics.max, count));
		assert_true(same(statistics.median, (count + 1) / 2.0));
		assert_true(same(statistics.p99, ceil(count * 0.99)));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(operations_are_timed_and_nothing_else),
	cmocka_unit_test(the_warm_up_does_not_count),
	cmocka_unit_test(long_samples_are_fewer),
	cmocka_unit_test(a_reason_ends_it),
	cmocka_unit_test(run_may_know_better),
	cmocka_unit_test(values_have_their_units),
	cmocka_unit_test(statistics_of_a_series),
};
UNIT_MAIN(tests)
