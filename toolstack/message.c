/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "toolstack/message.h"
#include "toolstack/text.h"

static int level_shown = MESSAGE_WARN;
static bool lines_dated;
static char first_error[512];

void message_set_level(int level)
{
	level_shown = level;
}

int message_level(void)
{
	return level_shown;
}

void message_set_dated(bool dated)
{
	lines_dated = dated;
}

const char *message_first_error(void)
{
	return first_error;
}

void message(enum message_level level, const char *format, ...)
{
	static const char *const prefix[] = {"", "warning: ", "", ""};
	char text[1024], line[1200], date[32] = "";
	int saved = errno, length;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_sanitise(text);

	if (level == MESSAGE_ERROR && !first_error[0])
		snprintf(first_error, sizeof(first_error), "%.*s", (int)sizeof(first_error) - 1,
			 text);

	if ((int)level <= level_shown) {
		if (lines_dated) {
			time_t now = time(NULL);
			struct tm broken_down;

			if (gmtime_r(&now, &broken_down))
				strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ ", &broken_down);
		}
		length = snprintf(line, sizeof(line), "%slodge: %s%s\n", date, prefix[level], text);
		/* One write a line, so that lines of two processes do not mix. */
		if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
			errno = 0; /* nobody left to tell */
	}
	errno = saved;
}
