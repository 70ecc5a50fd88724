/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blk.*: the raw disk of --disk, whose content is lost. Depth is how many transfers of 4 KiB,
 * anywhere, are under way at once; at depth 1 the thread waits for each. A stream is pieces of 64 KiB or
 * 1 MiB, each waited for, one behind the other. Where "anywhere" is comes from a fixed seed: the
 * same in every run.
 *
 * Only the first 64 MiB are used, and are written once before: a disk may be quicker with what was
 * never written, and slower at the first time.
 */
#include <stdlib.h>

#include "apps/bench/figure.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"

#define PIECE_MAX ((size_t)1 << 20)
#define USED_MAX  ((uint64_t)64 << 20)

struct job {
	struct disk *disk;
	uint64_t bytes;
	unsigned int depth;
	bool write;
	unsigned char *memory; /* one piece, or a block for each that is under way */
	size_t piece;
	uint64_t seed; /* of anywhere() */
	uint64_t at;   /* of the stream */
};

static const char failure[] = "the disk reports an error";

static bool transfer(struct job *job, uint64_t offset, size_t len)
{
	return job->write ? disk_write(job->disk, offset, job->memory, len)
			  : disk_read(job->disk, offset, job->memory, len);
}

/* Marsaglia's xorshift. */
static uint64_t anywhere(void *context)
{
	struct job *job = context;

	job->seed ^= job->seed << 13;
	job->seed ^= job->seed >> 7;
	job->seed ^= job->seed << 17;
	return job->seed % (job->bytes / DISK_BLOCK) * DISK_BLOCK;
}

static const char *run_many(void *context, struct sample *sample)
{
	struct job *job = context;
	const struct disk_load load = {
		.write = job->write,
		.depth = job->depth,
		.count = sample->operations,
		.next = anywhere,
		.context = job,
		.memory = job->memory,
	};

	return disk_transfer_many(job->disk, &load) ? NULL : failure;
}

static const char *run_alone(void *context, struct sample *sample)
{
	struct job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		if (!transfer(job, anywhere(job), DISK_BLOCK))
			return failure;
	return NULL;
}

static const char *run_stream(void *context, struct sample *sample)
{
	struct job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++) {
		if (job->at + job->piece > job->bytes)
			job->at = 0;
		if (!transfer(job, job->at, job->piece))
			return failure;
		job->at += job->piece;
	}
	return NULL;
}

/* The disk of a run is always the same, so that once is enough. */
static const char *fill(struct job *job)
{
	static bool filled;

	for (uint64_t at = 0; !filled && at + PIECE_MAX <= job->bytes; at += PIECE_MAX)
		if (!disk_write(job->disk, at, job->memory, PIECE_MAX))
			return failure;
	filled = true;
	return NULL;
}

static const char *open_and_fill(struct job *job)
{
	const char *reason = disk_open(options.disk, &job->disk, &job->bytes);

	if (reason)
		return reason;
	if (job->bytes < PIECE_MAX)
		return "the disk has less than 1 MiB";
	if (job->bytes > USED_MAX)
		job->bytes = USED_MAX;
	return fill(job);
}

static const char *with_disk(const struct figure *figure, struct measurement measurement,
			     bool write, unsigned int depth)
{
	struct job job = {.write = write,
			  .depth = depth,
			  .piece = measurement.bytes,
			  .seed = 0x9e3779b97f4a7c15u};
	const char *reason;

	if (!options.disk)
		return "no disk was named with --disk";
	job.memory = platform_pages_alloc(PIECE_MAX / PLATFORM_PAGE);
	if (!job.memory)
		return "there is no memory for a piece";
	measurement.context = &job;
	reason = open_and_fill(&job);
	if (!reason)
		reason = figure_measure(figure, &measurement);
	disk_close(job.disk);
	platform_pages_free(job.memory, PIECE_MAX / PLATFORM_PAGE);
	return reason;
}

static const char *iops(const struct figure *figure, bool write)
{
	const unsigned int depth = figure->parameter;
	const struct measurement measurement = {
		.run = depth > 1 ? run_many : run_alone,
		.batch = depth > 1 ? 256 : 64,
		.divide = 5,
		.metered = depth > 1 ? 6400 : 2000,
	};

	return with_disk(figure, measurement, write, depth);
}

static const char *stream(const struct figure *figure, bool write)
{
	const size_t piece = (size_t)figure->parameter << 10;
	const struct measurement measurement = {.run = run_stream,
						.batch = (unsigned int)(4 * PIECE_MAX / piece),
						.divide = 5,
						.metered = (unsigned int)(USED_MAX / piece),
						.bytes = piece};

	return with_disk(figure, measurement, write, 1);
}

const char *disk_read_latency(const struct figure *figure)
{
	const struct measurement measurement = {.run = run_alone, .batch = 10};

	return with_disk(figure, measurement, false, 1);
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
