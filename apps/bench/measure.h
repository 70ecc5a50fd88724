/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking samples and saying what they come to. A sample is the time of some operations made one
 * after the other, as many as it takes for the clock's own reading not to count; what is told is
 * the value of one operation. The order is always
 *
 *	prepare, run, undo      some times unrecorded (caches, tables and the other side warm up)
 *	prepare, run, undo      once for each sample; only run is timed
 *
 * Reasons: what can fail returns NULL, or a sentence that says why there is no figure. It is told
 * as it is, so that it holds neither quotes nor backslashes.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

enum unit {
	UNIT_NS,	  /* nanoseconds an operation */
	UNIT_BYTES_PER_S, /* an operation moves measurement.bytes */
	UNIT_PER_S,	  /* operations a second */
	UNIT_BYTES,	  /* a size; not measured in time */
};

/* What run made of a sample. It may correct both: if it knows the time better, or did less. */
struct sample {
	unsigned int operations;
	uint64_t elapsed_ns; /* 0: that of the call */
};

struct measurement {
	const char *(*prepare)(void *context, unsigned int operations); /* may be NULL */
	const char *(*run)(void *context, struct sample *sample);
	const char *(*undo)(void *context, unsigned int operations); /* may be NULL */
	void *context;
	unsigned int batch;   /* operations a sample */
	unsigned int divide;  /* long samples: so many times fewer of them; 0 is 1 */
	unsigned int metered; /* operations a sample under --meter; 0: as batch */
	size_t bytes;	      /* for UNIT_BYTES_PER_S */
};

struct statistics {
	unsigned int samples, batch;
	double min, median, p99, max;
};

#define SAMPLES_MAX 10000u

/* The value of one operation. */
double measure_value(enum unit unit, const struct sample *sample, size_t bytes);

/* Sorts count values, at least one; p99 is the smallest that 99 of 100 do not exceed. */
void measure_statistics(double value[], unsigned int count, struct statistics *statistics);

/* One sample of so many operations; sample says what it came to. */
const char *measure_once(const struct measurement *measurement, unsigned int operations,
			 struct sample *sample);

/* Warms up, takes the samples (at most SAMPLES_MAX) and sums them up. Returns a reason or NULL. */
const char *measure(const struct measurement *measurement, enum unit unit, unsigned int samples,
		    struct statistics *statistics);

#endif
