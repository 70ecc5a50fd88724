/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "toolstack/config_lines.h"

static bool name_character(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* Steps over a string, a comment or a single character. */
static void step(struct config_position *position)
{
	const char *p = position->next;

	if (*p == '"' || *p == '\'') {
		char quote = *p++;

		while (*p && *p != quote && *p != '\n') {
			if (*p == '\\' && p[1] && p[1] != '\n')
				p++;
			p++;
		}
		if (*p == quote)
			p++;
	} else if (*p == '#') {
		while (*p && *p != '\n')
			p++;
	} else if (*p) {
		if (*p == '\n')
			position->line++;
		p++;
	}
	position->next = p;
}

/* To the end of the setting that `position' is in; notes the line of list element `index'. */
static unsigned skip_setting(struct config_position *position, int index)
{
	unsigned depth = 0, found = 0;
	bool between = true; /* elements, where the next one starts */
	int element = -1;

	while (*position->next) {
		char c = *position->next;

		if (!depth && (c == '\n' || c == ';'))
			break;
		if (c == '[') {
			depth++;
		} else if (c == ']') {
			depth -= depth ? 1 : 0;
		} else if (c == ',') {
			between = between || depth == 1;
		} else if (depth && between && !isspace((unsigned char)c) && c != '#') {
			between = false;
			if (++element == index)
				found = position->line;
		}
		step(position);
	}
	return found;
}

bool config_next_setting(struct config_position *position, int element,
			 struct config_setting *setting)
{
	for (;;) {
		size_t length = 0;

		while (isspace((unsigned char)*position->next) || *position->next == ';' ||
		       *position->next == '#')
			step(position);
		if (!*position->next)
			return false;
		setting->line = position->line;
		for (; name_character(*position->next); position->next++)
			if (length < sizeof(setting->name) - 1)
				setting->name[length++] = *position->next;
		setting->name[length] = '\0';
		if (length) {
			setting->element_line = skip_setting(position, element);
			return true;
		}
		step(position);
	}
}

unsigned config_find_line(const char *text, const char *name, int element)
{
	struct config_position position = {.next = text, .line = 1};
	struct config_setting setting;
	unsigned found = 0;

	/* The last one counts: a later setting replaces an earlier one. */
	while (config_next_setting(&position, element, &setting))
		if (!strcmp(setting.name, name))
			found = setting.element_line ? setting.element_line : setting.line;
	return found;
}
