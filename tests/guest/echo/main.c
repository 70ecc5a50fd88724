/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   console input, and the clocks over a pause of the domain.
 * Why:    both need somebody outside: who types, and who pauses the domain.
 * Method: answers each line that is typed: "time" with both clocks, "stats" with what the kernel
 *         holds, "quit" with the verdict; any other is said back. The runner compares.
 */
#include <string.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/time.h"

/* A line without its newline; false at the end of patience. */
static bool line_read(char *line, size_t size)
{
	size_t length = 0;

	for (;;) {
		char c;

		if (console_read(&c, 1, time_in(120 * TIME_S)) != 1)
			return false;
		if (c == '\n')
			break;
		if (length + 1 < size)
			line[length++] = c;
	}
	line[length] = '\0';
	return true;
}

static void stats_say(void)
{
	static char text[1024];
	int length = stats_format(text, sizeof(text));

	CHECK(length > 0 && (size_t)length < sizeof(text));
	console_write(text, (size_t)length);
}

int main(void)
{
	char line[128];

	say("echo: ready\n");
	while (CHECK(line_read(line, sizeof(line))) && strcmp(line, "quit")) {
		if (!strcmp(line, "time"))
			say("wall %llu monotonic %llu\n", (unsigned long long)time_wall_ns(),
			    (unsigned long long)time_monotonic_ns());
		else if (!strcmp(line, "stats"))
			stats_say();
		else
			say("echo: <%s>\n", line);
	}
	return verdict("echo");
}
