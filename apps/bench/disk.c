/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blk.*: the raw disk of --disk, whose content is lost. Depth is the number of threads that each
 * read or write 4 KiB somewhere and wait for it; a stream is one thread and pieces of 1 MiB, one
 * behind the other. Where "somewhere" is comes from fixed seeds: the same in every run. Only the first
 * 64 MiB are used, and are written once before: a disk may be quicker with what was never written,
 * and slower at the first time.
 */
#include <stdlib.h>

#include "apps/bench/figure.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"

#define DEPTH_MAX 32u
#define BLOCK	  ((size_t)4 << 10)
#define PIECE	  ((size_t)1 << 20)
#define USED_MAX  ((uint64_t)64 << 20)

struct worker {
	struct job *job;
	unsigned char *block;
	uint64_t seed;
};

struct job {
	struct disk *disk;
	uint64_t bytes;
	bool write;
	unsigned int depth, share; /* operations of each worker in a sample */
	struct semaphore *go, *done;
	bool stop, failed;
	unsigned char *memory; /* a block for each worker, or a piece */
	uint64_t at;	       /* of the stream */
	struct worker worker[DEPTH_MAX];
};

static const char failure[] = "the disk reports an error";

static bool transfer(struct job *job, uint64_t offset, void *data, size_t len)
{
	return job->write ? disk_write(job->disk, offset, data, len)
			  : disk_read(job->disk, offset, data, len);
}

/* Marsaglia's xorshift. */
static uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static bool anywhere(struct worker *worker)
{
	struct job *job = worker->job;
	const uint64_t block = random_next(&worker->seed) % (job->bytes / BLOCK);

	return transfer(job, block * BLOCK, worker->block, BLOCK);
}

static void work(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;

	for (;;) {
		semaphore_wait(job->go);
		if (job->stop)
			break;
		for (unsigned int i = 0; i < job->share && !job->failed; i++)
			if (!anywhere(worker))
				job->failed = true;
		semaphore_post(job->done);
	}
	semaphore_post(job->done);
}

/* Lets every worker go once, and waits for all of them. */
static void round_make(struct job *job, unsigned int workers)
{
	for (unsigned int i = 0; i < workers; i++)
		semaphore_post(job->go);
	for (unsigned int i = 0; i < workers; i++)
		semaphore_wait(job->done);
}

static const char *run_workers(void *context, struct sample *sample)
{
	struct job *job = context;

	job->share = sample->operations / job->depth;
	round_make(job, job->depth);
	return job->failed ? failure : NULL;
}

/* At depth 1 nobody needs to be woken. */
static const char *run_alone(void *context, struct sample *sample)
{
	struct job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		if (!anywhere(&job->worker[0]))
			return failure;
	return NULL;
}

static const char *run_stream(void *context, struct sample *sample)
{
	struct job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		if (job->at + PIECE > job->bytes)
			job->at = 0;
		if (!transfer(job, job->at, job->memory, PIECE))
			return failure;
		job->at += PIECE;
	}
	return NULL;
}

/* The disk of a run is always the same, so that once is enough. */
static const char *fill(struct job *job)
{
	static bool filled;

	for (uint64_t at = 0; !filled && at + PIECE <= job->bytes; at += PIECE)
		if (!disk_write(job->disk, at, job->memory, PIECE))
			return failure;
	filled = true;
	return NULL;
}

static const char *measure_workers(const struct figure *figure,
				   const struct measurement *measurement)
{
	struct job *job = measurement->context;
	unsigned int started = 0;
	const char *reason = "there is no memory for the threads";

	job->go = semaphore_create();
	job->done = semaphore_create();
	while (job->go && job->done && started < job->depth &&
	       platform_thread_start(work, &job->worker[started]))
		started++;
	if (started == job->depth)
		reason = figure_measure(figure, measurement);
	job->stop = true;
	round_make(job, started);
	semaphore_destroy(job->go);
	semaphore_destroy(job->done);
	return reason;
}

static void workers_prepare(struct job *job)
{
	for (unsigned int i = 0; i < DEPTH_MAX; i++)
		job->worker[i] = (struct worker){
			.job = job,
			.block = job->memory + i * BLOCK,
			.seed = 0x9e3779b97f4a7c15u * (i + 1),
		};
}

/* Opens the disk for the figure; measurement wants its context, which is the job. */
static const char *with_disk(const struct figure *figure, struct measurement *measurement,
			     bool write, unsigned int depth)
{
	struct job *job;
	const char *reason;

	if (!options.disk)
		return "no disk was named with --disk";
	job = calloc(1, sizeof(*job));
	if (!job)
		return "there is no memory for it";
	job->write = write;
	job->depth = depth;
	job->memory = platform_pages_alloc(PIECE / PLATFORM_PAGE);
	workers_prepare(job);
	measurement->context = job;
	reason = job->memory ? disk_open(options.disk, &job->disk, &job->bytes)
			     : "there is no memory for a piece";
	if (job->bytes > USED_MAX)
		job->bytes = USED_MAX;
	if (!reason)
		reason = job->bytes < PIECE ? "the disk has less than 1 MiB" : fill(job);
	if (!reason)
		reason = depth > 1 ? measure_workers(figure, measurement)
				   : figure_measure(figure, measurement);
	disk_close(job->disk);
	if (job->memory)
		platform_pages_free(job->memory, PIECE / PLATFORM_PAGE);
	free(job);
	return reason;
}

static const char *iops(const struct figure *figure, bool write)
{
	const unsigned int depth = figure->parameter;
	struct measurement measurement = {
		.run = depth > 1 ? run_workers : run_alone,
		.batch = depth > 1 ? 256 : 64,
		.divide = 5,
	};

	return with_disk(figure, &measurement, write, depth);
}

static const char *stream(const struct figure *figure, bool write)
{
	struct measurement measurement = {
		.run = run_stream, .batch = 4, .divide = 5, .bytes = PIECE};

	return with_disk(figure, &measurement, write, 1);
}

const char *disk_read_latency(const struct figure *figure)
{
	struct measurement measurement = {.run = run_alone, .batch = 1};

	return with_disk(figure, &measurement, false, 1);
}

const char *disk_read_iops(const struct figure *figure)
{
	return iops(figure, false);
}

const char *disk_write_iops(const struct figure *figure)
{
	return iops(figure, true);
}

const char *disk_read_stream(const struct figure *figure)
{
	return stream(figure, false);
}

const char *disk_write_stream(const struct figure *figure)
{
	return stream(figure, true);
}
