/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sqlite: SQLite's own shell, as a guest of Xen, on the file system of its disk.
 *
 * What it is told on its command line it does, and ends; without SQL there it asks for some on the
 * console.  SQL of many views and subqueries goes deep, so that the shell gets a larger stack than
 * the main thread's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"

#define STACK_BYTES ((size_t)512 << 10)

/* shell.c's main. */
int sqlite3_shell_main(int argc, char **argv);

static struct arguments {
	int count;
	char **words;
} arguments;

static void shell_run(void *context)
{
	const struct arguments *given = context;
	exit(sqlite3_shell_main(given->count, given->words));
}

int main(int argc, char **argv)
{
	struct waitq never = WAITQ_INIT;

	arguments = (struct arguments){argc, argv};
	if (!thread_create("sqlite", shell_run, &arguments, STACK_BYTES)) {
		fprintf(stderr, "sqlite: no memory: give the domain 8 MB at least\n");
		return 1;
	}
	waitq_wait(&never, TIME_FOREVER); /* the shell ends the program */
	return 1;
}
