/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   files whose writer is cut off at any moment: what fsync() had acknowledged is there, and
 *         what rename() replaced is the old or the new, never a mixture.
 * Why:    that is what fsync() and rename() are for.
 * Method: step after step, for ever; "done N" on the console follows the fsync() of step N.  dom0
 *         destroys the domain somewhere in between and starts it again with done=N of the last line
 *         that it saw, and the disk is looked at before the next step.  With `check` that is all; with
 *         `lazy` there is no fsync(), for dom0 asks that guest to end.
 *
 *	step N   /log        its Nth record is N: appended, fsync
 *	         /state      says N: written as /state.new, fsync, renamed, the directory fsynced
 *	         /d/N%40     a file of N's own: made anew (every second time over the old one), fsync
 *	         /d/x(N-20)%40   removed, and its directory fsynced with the next step
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/guest/verdict.h"

#define FILES	  40u
#define BYTES_MAX 40000u

static char block[BYTES_MAX], expected[BYTES_MAX];
static bool lazy;

/* Some bytes of step n's own; their number. */
static size_t content_of(unsigned int n, char *out)
{
	const size_t len = 1 + n * 7919u % BYTES_MAX;
	unsigned int state = n * 2654435761u + 1;
	for (size_t i = 0; i < len; i++) {
		state = state * 1664525u + 1013904223u;
		out[i] = (char)(state >> 24);
	}
	return len;
}

static bool synced(int fd)
{
	return (lazy || fsync(fd) == 0) && close(fd) == 0;
}

static bool directory_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	return fd >= 0 && synced(fd);
}

/* --- what a step does -------------------------------------------------------------------------- */

static bool log_append(unsigned int n)
{
	int fd = open("/log", O_WRONLY | O_APPEND | O_CREAT, 0644);
	const uint32_t record[2] = {n, ~n};
	return fd >= 0 && write(fd, record, sizeof(record)) == sizeof(record) && synced(fd);
}

static bool state_replace(unsigned int n)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "step %u.\n", n);
	int fd = open("/state.new", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	return fd >= 0 && write(fd, text, (size_t)len) == len && synced(fd) &&
	       rename("/state.new", "/state") == 0 && directory_sync("/");
}

static bool own_make(unsigned int n)
{
	char path[32];
	const size_t len = content_of(n, block);
	snprintf(path, sizeof(path), "/d/%u", n % FILES);
	if (n / FILES % 2 == 0 && unlink(path) && errno != ENOENT)
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	return fd >= 0 && write(fd, &n, sizeof(n)) == sizeof(n) &&
	       write(fd, block, len) == (int)len && synced(fd);
}

static bool other_make(unsigned int n)
{
	char path[32], old[32];
	snprintf(path, sizeof(path), "/d/x%u", n % FILES);
	snprintf(old, sizeof(old), "/d/x%u", (n + FILES - 20) % FILES);
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	return fd >= 0 && close(fd) == 0 && (unlink(old) == 0 || errno == ENOENT);
}

static bool step_end(unsigned int n)
{
	return CHECK(state_replace(n)) && CHECK(own_make(n));
}

static bool step(unsigned int n)
{
	return CHECK(other_make(n)) && CHECK(log_append(n)) && step_end(n);
}

/* --- what must be there ------------------------------------------------------------------------ */

/* The number of records, each of which is right; a last one that is not whole is nobody's. */
static unsigned int log_check(void)
{
	uint32_t record[2];
	unsigned int n = 0;
	int fd = open("/log", O_RDONLY);
	while (fd >= 0 && read(fd, record, sizeof(record)) == sizeof(record)) {
		n++;
		if (!CHECK(record[0] == n && record[1] == ~n))
			break;
	}
	if (fd >= 0)
		close(fd);
	return n;
}

static unsigned int state_check(void)
{
	char text[32] = "";
	unsigned int n = 0;
	int fd = open("/state", O_RDONLY);
	if (fd < 0)
		return 0;
	CHECK(read(fd, text, sizeof(text) - 1) > 0 && sscanf(text, "step %u.\n", &n) == 1 &&
	      strchr(text, '\n'));
	close(fd);
	return n;
}

/* The files of the last steps up to `done`, of those that no step up to `begun` has made anew. */
static void own_check(unsigned int done, unsigned int begun)
{
	char path[32];
	for (unsigned int n = done; n > 0 && n + FILES > begun; n--) {
		unsigned int head = 0;
		snprintf(path, sizeof(path), "/d/%u", n % FILES);
		int fd = open(path, O_RDONLY);
		const size_t len = content_of(n, expected);
		if (!CHECK(fd >= 0))
			break;
		const bool whole = read(fd, &head, sizeof(head)) == sizeof(head) && head == n &&
				   read(fd, block, sizeof(block)) == (int)len &&
				   memcmp(block, expected, len) == 0;
		if (!CHECK(whole))
			say("file %s of step %u of %u says %u\n", path, n, done, head);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned int done = 0;
	bool only = false;
	for (int i = 1; i < argc; i++) {
		sscanf(argv[i], "done=%u", &done);
		only = only || strcmp(argv[i], "check") == 0;
		lazy = lazy || strcmp(argv[i], "lazy") == 0;
	}
	const unsigned int records = log_check(), state = state_check();
	say("found %u records, state %u, told %u\n", records, state, done);
	CHECK(records >= done && state >= done && state <= records);
	own_check(done, records);
	if (failures || only)
		return verdict("cut");
	CHECK(mkdir("/d", 0755) == 0 || errno == EEXIST);
	/* What was cut off within the last step is done again, without its record. */
	CHECK(records == 0 || (truncate("/log", records * 8) == 0 && step_end(records)));
	for (unsigned int n = records + 1; step(n); n++)
		say("done %u\n", n);
	return verdict("cut");
}
