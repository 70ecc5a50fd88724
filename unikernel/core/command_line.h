/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of the command line, told apart as boot.h says. Pure: works on the buffer it is given.
 * The line comes from whoever configured the domain; any bytes are survived.
 */
#ifndef LODGER_CORE_COMMAND_LINE_H
#define LODGER_CORE_COMMAND_LINE_H

#include <stddef.h>

#define COMMAND_LINE_WORDS 64

struct command_line {
	int argc; /* argv[0] is set by the caller */
	char *argv[COMMAND_LINE_WORDS + 2];
	size_t options;
	char *option[COMMAND_LINE_WORDS]; /* NAME=VALUE or NAME, without "lodger." */
	size_t environs;
	char *environ[COMMAND_LINE_WORDS + 1];
	size_t ignored; /* words beyond COMMAND_LINE_WORDS */
};

/* Splits text, which is modified and must live as long as *line. argv and environ end in NULL. */
void command_line_parse(struct command_line *line, char *text);

/* The value of the last option of this name: "" if it has none; NULL if it is not there. */
const char *command_line_option(const struct command_line *line, const char *name);

#endif
