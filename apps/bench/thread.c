/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.switch: one thread wakes another and waits, on one processor: half of a round trip of two
 * that do so in turn.
 */
#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

struct pair {
	struct semaphore *there, *back;
	bool stop;
};

static void answer(void *arg)
{
	struct pair *pair = arg;

	for (;;) {
		semaphore_wait(pair->there);
		/* The last post tells that the pair is ours no more. */
		if (pair->stop) {
			semaphore_post(pair->back);
			return;
		}
		semaphore_post(pair->back);
	}
}

static const char *run(void *context, struct sample *sample)
{
	struct pair *pair = context;

	for (unsigned int i = 0; i < sample->operations; i += 2) {
		semaphore_post(pair->there);
		semaphore_wait(pair->back);
	}
	return NULL;
}

const char *thread_switch(const struct figure *figure)
{
	struct pair pair = {semaphore_create(), semaphore_create(), false};
	const struct measurement measurement = {.run = run, .context = &pair, .batch = 100};
	const char *reason = "there is no memory for a thread";

	if (pair.there && pair.back && platform_thread_start(answer, &pair)) {
		reason = figure_measure(figure, &measurement);
		pair.stop = true;
		semaphore_post(pair.there);
		semaphore_wait(pair.back);
	}
	semaphore_destroy(pair.there);
	semaphore_destroy(pair.back);
	return reason;
}
