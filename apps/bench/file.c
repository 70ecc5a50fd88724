/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.*: the file of --file, of 64 MiB, in pieces of 128 KiB, through the file system. Written, it
 * is new and empty before, and is on the disk when the sample ends: fsync() is part of it. Read, it
 * comes from the disk, and not from what is kept of it in memory. It is what was written, or as long as
 * that and there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/bench/figure.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"

#define PIECE  ((size_t)128 << 10)
#define PIECES 512u

struct file_job {
	int fd;
	unsigned char *memory; /* a piece */
	bool write;
};

/* What was not possible, and why; told before the next failure. */
static const char *failed(const char *what)
{
	static char reason[128];

	snprintf(reason, sizeof(reason), "%s: %s", what, strerror(errno));
	return reason;
}

static const char *prepare(void *context, unsigned int operations)
{
	struct file_job *job = context;
	const char *reason;

	(void)operations;
	if (job->write) {
		job->fd = open(options.file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (job->fd < 0)
			return failed("the file cannot be written");
		return fsync(job->fd) == 0 ? NULL
					   : failed("what was there before cannot be removed");
	}
	reason = platform_files_forget();
	if (reason)
		return reason;
	job->fd = open(options.file, O_RDONLY);
	return job->fd >= 0 ? NULL : failed("the file cannot be opened");
}

static const char *undo(void *context, unsigned int operations)
{
	struct file_job *job = context;
	const int fd = job->fd;

	(void)operations;
	job->fd = -1;
	return fd < 0 || close(fd) == 0 ? NULL : failed("the file cannot be closed");
}

static const char *run_write(void *context, struct sample *sample)
{
	struct file_job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		for (size_t done = 0; done < PIECE;) {
			const ssize_t n = write(job->fd, job->memory + done, PIECE - done);

			if (n <= 0)
				return failed("the file cannot be written");
			done += (size_t)n;
		}
	return fsync(job->fd) == 0 ? NULL : failed("fsync");
}

static const char *run_read(void *context, struct sample *sample)
{
	struct file_job *job = context;

	for (unsigned int i = 0; i < sample->operations; i++)
		for (size_t done = 0; done < PIECE;) {
			const ssize_t n = read(job->fd, job->memory + done, PIECE - done);

			if (n == 0)
				return "the file is shorter than 64 MiB";
			if (n < 0)
				return failed("the file cannot be read");
			done += (size_t)n;
		}
	return NULL;
}

static const char *file(const struct figure *figure, bool write)
{
	struct file_job job = {.fd = -1, .write = write};
	const struct measurement measurement = {
		.prepare = prepare,
		.run = write ? run_write : run_read,
		.undo = undo,
		.context = &job,
		.batch = PIECES,
		.divide = 20,
		.bytes = PIECE,
	};
	const char *reason;

	if (!options.file)
		return "no file was named with --file";
	job.memory = platform_pages_alloc(PIECE / PLATFORM_PAGE);
	if (!job.memory)
		return "there is no memory for a piece";
	memset(job.memory, 'x', PIECE);
	reason = figure_measure(figure, &measurement);
	platform_pages_free(job.memory, PIECE / PLATFORM_PAGE);
	return reason;
}

const char *file_stream_write(const struct figure *figure)
{
	return file(figure, true);
}

const char *file_stream_read(const struct figure *figure)
{
	return file(figure, false);
}
