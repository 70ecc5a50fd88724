/* SPDX-License-Identifier: BSD-2-Clause */
/* For the programs that measure inside dom0: a command, run to its end. */
#ifndef LODGER_TESTS_BENCH_COMMAND_H
#define LODGER_TESTS_BENCH_COMMAND_H

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* Says on stderr, in the name of this program, what failed for which reason errno has; 1. */
static inline int fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	return 1;
}

/* 0 if the command was found and succeeded; else it is said why not. */
static inline int command_run(char *argv[])
{
	pid_t pid;
	int status;

	errno = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (errno)
		return fail(argv[0]);
	if (waitpid(pid, &status, 0) < 0)
		return fail("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "%s: %s failed with status %#x\n", program_invocation_short_name,
			argv[0], (unsigned int)status);
		return 1;
	}
	return 0;
}

#endif
