/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 60

bool unit_end_expected;

/*
 * The kernel's memory is not malloc's: what it leaks is counted by the tests themselves. Its thread
 * stacks lie in pages of its own, which ASan cannot move variables away from.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=0";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1:halt_on_error=1";
}

uint32_t unit_random(void)
{
	static uint64_t state = 88172645463325252u; /* xorshift64 */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static void child(const struct CMUnitTest *test)
{
	const struct CMUnitTest one[] = {*test};

	alarm(PATIENCE_S);
	if (cmocka_run_group_tests_name(test->name, one, NULL, NULL))
		exit(1);
	if (unit_end_expected)
		puts("it returned, and was expected to end in another way");
	exit(unit_end_expected);
}

static void show(int fd)
{
	char buffer[4096];
	ssize_t got;

	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, (size_t)got, stdout);
}

static bool run(const char *program, const struct CMUnitTest *test, bool verbose)
{
	const int output = memfd_create(test->name, MFD_CLOEXEC);
	struct timespec start, end;
	int status = -1;
	pid_t pid;

	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		dup2(output, STDOUT_FILENO);
		dup2(output, STDERR_FILENO);
		child(test);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%s unit/%s: %s (%ld ms)\n", status ? "not ok" : "ok", program, test->name,
	       (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	if (status || verbose)
		show(output);
	close(output);
	return status == 0;
}

int unit_main(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	const bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	const int names = verbose ? 2 : 1;
	const char *slash = strrchr(argv[0], '/'), *program = slash ? slash + 1 : argv[0];
	unsigned passed = 0, failed = 0;

	if (strncmp(program, "test_", 5) == 0)
		program += 5;
	for (size_t i = 0; i < count; i++) {
		bool wanted = argc <= names;

		for (int arg = names; arg < argc; arg++)
			wanted |= strcmp(argv[arg], tests[i].name) == 0;
		if (!wanted)
			continue;
		if (run(program, &tests[i], verbose))
			passed++;
		else
			failed++;
	}
	return failed || !passed;
}
