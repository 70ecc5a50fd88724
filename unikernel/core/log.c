/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "unikernel/core/console.h"
#include "unikernel/core/format.h"

static enum log_level shown = LOG_INFO;

static const struct {
	const char *name, *prefix;
} levels[] = {
	[LOG_ERROR] = {"error", "lodger: error: "},
	[LOG_WARN] = {"warn", "lodger: warning: "},
	[LOG_INFO] = {"info", "lodger: "},
	[LOG_DEBUG] = {"debug", "lodger: debug: "},
};

bool log_shows(enum log_level level)
{
	return level <= shown;
}

bool log_set_level(const char *name)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!strcmp(name, levels[i].name)) {
			shown = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/*
 * What the line says may come from outside (a node's value, a file's name): a control character in
 * it could forge a line or drive the terminal, and is shown as a question mark.
 */
static void make_printable(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char line[256];
	const size_t max = sizeof(line) - 1; /* room for the newline */
	size_t length;
	va_list args;

	if (!log_shows(level))
		return;
	length = (size_t)format(line, max, "%s", levels[level].prefix);
	va_start(args, fmt);
	length += (size_t)vformat(line + length, max - length, fmt, args);
	va_end(args);
	if (length > max - 1)
		length = max - 1;
	make_printable(line, length);
	line[length++] = '\n';
	console_write_nowait(line, length);
}
