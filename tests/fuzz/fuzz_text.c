/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: the pure parsers of what comes from the network or the toolstack: httpd's paths, ranges
 *       and dates, the kernel's command line.
 * Why:  each is one wrong bound away from reading what is not there.
 * How:  the input in a block of exactly its size; what comes out must keep what the headers promise.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "apps/httpd/date.h"
#include "apps/httpd/mime.h"
#include "apps/httpd/path.h"
#include "apps/httpd/range.h"
#include "unikernel/core/command_line.h"

static void command_line(char *text)
{
	static struct command_line line;

	command_line_parse(&line, text);
	for (int i = 1; i < line.argc; i++)
		if (!line.argv[i])
			abort();
	(void)command_line_option(&line, "log");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *path = malloc(size + 1), again[DATE_SIZE];
	struct range range;
	int64_t seconds;

	memcpy(text, data, size);
	text[size] = '\0';
	if (path_resolve(text, path, strlen(text) + 1) == 0 &&
	    (path[0] != '/' || strstr(path, "/../") || strstr(path, "//")))
		abort();
	if (range_parse(text, size, &range) == RANGE_SATISFIABLE &&
	    (range.first > range.last || range.last >= size))
		abort();
	if (date_parse(text, &seconds) == 0) {
		date_format(seconds, again);
		if (strcmp(again, text) != 0)
			abort();
	}
	(void)mime_type(text);
	command_line(text);
	free(text);
	free(path);
	return 0;
}
