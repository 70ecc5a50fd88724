/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/command_line.h"

#include <stdbool.h>
#include <string.h>

#define OPTION_PREFIX  "lodger."
#define ENVIRON_PREFIX "env."

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * The next word, NUL-terminated in place with its quotes taken out, or NULL at the end. A quote may
 * begin inside a word (name="a b"); one that is not closed ends with the line.
 */
static char *word_take(char **text)
{
	char *from = *text, *to, *word;
	bool quoted = false;

	while (blank(*from))
		from++;
	if (!*from)
		return NULL;
	for (word = to = from; *from && (quoted || !blank(*from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*text = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

/* What follows the prefix, or NULL. */
static char *after(char *word, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(word, prefix, length) ? NULL : word + length;
}

void command_line_parse(struct command_line *line, char *text)
{
	bool options = true; /* until a word -- */
	size_t words = 0;
	char *word;

	*line = (struct command_line){.argc = 1};
	while ((word = word_take(&text))) {
		char *option = options ? after(word, OPTION_PREFIX) : NULL;
		char *environ = option ? after(option, ENVIRON_PREFIX) : NULL;

		if (options && !strcmp(word, "--"))
			options = false;
		else if (words++ >= COMMAND_LINE_WORDS)
			line->ignored++;
		else if (environ && strchr(environ, '='))
			line->environ[line->environs++] = environ;
		else if (option)
			line->option[line->options++] = option;
		else
			line->argv[line->argc++] = word;
	}
}

const char *command_line_option(const struct command_line *line, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = line->options; i-- > 0;) {
		const char *option = line->option[i];

		if (strncmp(option, name, length))
			continue;
		if (option[length] == '=')
			return option + length + 1;
		if (!option[length])
			return "";
	}
	return NULL;
}
