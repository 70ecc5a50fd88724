/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * console.write.64: write() of a line of 64 bytes to the console. A sample is as much as a console
 * of Xen takes at once; that its reader fetches it is waited for, and not timed.
 */
#include <string.h>
#include <unistd.h>

#include "apps/bench/figure.h"
#include "apps/bench/platform.h"

#define LINE_MAX 64u

static const char *run(void *context, struct sample *sample)
{
	const size_t length = *(const unsigned int *)context;
	char line[LINE_MAX];

	memset(line, '.', sizeof(line));
	line[length - 1] = '\n';
	for (unsigned int i = 0; i < sample->operations; i++)
		if (write(STDOUT_FILENO, line, length) != (ssize_t)length)
			return "the console does not take it";
	return NULL;
}

static const char *undo(void *context, unsigned int operations)
{
	(void)context, (void)operations;
	platform_console_drain();
	return NULL;
}

const char *console_write_line(const struct figure *figure)
{
	unsigned int length = figure->parameter;
	const struct measurement measurement = {
		.run = run,
		.undo = undo,
		.context = &length,
		.batch = 8,
		.divide = 3,
	};
	const char *reason = platform_console_check();

	return reason ? reason : figure_measure(figure, &measurement);
}
