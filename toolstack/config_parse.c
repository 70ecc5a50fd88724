/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/config_lines.h"
#include "toolstack/config_parse.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

static void place(const struct config_parse *parse, const char *key, int element, char *text,
		  size_t size)
{
	unsigned line = config_find_line(parse->text, key, element);

	if (!line)
		snprintf(text, size, "%s", parse->filename);
	else if (line > parse->file_lines)
		snprintf(text, size, "command line");
	else
		snprintf(text, size, "%s:%u", parse->filename, line);
}

void config_fail(struct config_parse *parse, const char *key, int element, const char *format, ...)
{
	char where[512], what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	place(parse, key, element, where, sizeof(where));
	message_error("%s: %s: %s", where, key, what);
	if (!parse->error)
		parse->error = -EINVAL;
}

void config_warn(struct config_parse *parse, const char *key, int element, const char *format, ...)
{
	char where[512], what[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	place(parse, key, element, where, sizeof(where));
	message_warn("%s: %s: %s", where, key, what);
}

char *config_take(struct config_parse *parse, char *allocated)
{
	if (!allocated && !parse->error) {
		message_error("out of memory");
		parse->error = -ENOMEM;
	}
	return allocated;
}

char *config_copy(struct config_parse *parse, const char *text)
{
	return config_take(parse, strdup(text));
}

char *config_path(struct config_parse *parse, const char *path)
{
	if (*path == '/')
		return config_copy(parse, path);
	return config_take(parse, text_format("%s/%s", parse->directory, path));
}

const char *config_text(struct config_parse *parse, const char *key)
{
	const char *value = NULL;
	int error = xlu_cfg_get_string(parse->xlu, key, &value, 1);

	if (error == EINVAL)
		config_fail(parse, key, -1, "must be a single value, not a list in brackets");
	return error ? NULL : value;
}

void config_number(struct config_parse *parse, const char *key, uint64_t low, uint64_t high,
		   uint64_t *number)
{
	const char *value = config_text(parse, key);

	if (value && !text_to_number(value, low, high, number))
		config_fail(parse, key, -1, "'%s' is not a whole number from %llu to %llu", value,
			    (unsigned long long)low, (unsigned long long)high);
}

static void fail_choice(struct config_parse *parse, const char *key, const char *value,
			const char *const names[], unsigned count)
{
	char list[256] = "";

	for (unsigned i = 0; i < count; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "",
			 names[i]);
	config_fail(parse, key, -1, "'%s' is none of %s", value, list);
}

void config_choice(struct config_parse *parse, const char *key, const char *const names[],
		   unsigned count, unsigned *choice)
{
	const char *value = config_text(parse, key);
	uint64_t number;

	if (!value)
		return;
	for (unsigned i = 0; i < count; i++) {
		if (!strcmp(value, names[i])) {
			*choice = i;
			return;
		}
	}
	if (text_to_number(value, 0, count - 1, &number))
		*choice = (unsigned)number;
	else
		fail_choice(parse, key, value, names, count);
}

int config_switch(struct config_parse *parse, const char *key)
{
	uint64_t number = UINT64_MAX;

	config_number(parse, key, 0, INT32_MAX, &number);
	return number == UINT64_MAX ? -1 : number != 0;
}
