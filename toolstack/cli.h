/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of lodge have in common: options, help, results in text or JSON. */
#ifndef TOOLSTACK_CLI_H
#define TOOLSTACK_CLI_H

#include <getopt.h>
#include <stdbool.h>

#include "toolstack/exit.h"
#include "toolstack/json.h"

struct cli {
	const struct command *command;
	bool json;
	unsigned timeout_s; /* --timeout; 0: none */
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name */
	const char *summary; /* one line */
	const char *options; /* its own, as --help shows them */
	enum exit_code (*run)(struct cli *cli, int argc, char **argv);
};

extern const struct command command_create, command_destroy, command_shutdown, command_list,
	command_console, command_wait, command_network_list, command_network_attach,
	command_network_detach, command_block_list, command_block_attach, command_block_detach,
	command_remove;

enum { CLI_JSON = 256, CLI_VERSION, CLI_TIMEOUT, CLI_PAUSED };

/* To end a command's list of long options with. */
#define CLI_OPTIONS                                                                     \
	{"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, CLI_JSON},        \
		{"verbose", no_argument, NULL, 'v'}, {"quiet", no_argument, NULL, 'q'}, \
	{                                                                               \
	}

/* The options that mean the same before and behind a command's name; false for any other. */
bool cli_common(struct cli *cli, int option);

enum { CLI_END = -1, CLI_STOP = -2 };

/*
 * The next option of the command's own; CLI_END after the last one; CLI_STOP if
 * the command is over already (--help, a wrong option): return *code then. A
 * CLI_TIMEOUT that the command has goes to cli->timeout_s.
 */
int cli_option(struct cli *cli, int argc, char **argv, const char *shorts,
	       const struct option *longs, enum exit_code *code);

/* The operand at `index' is missing or too many: says so. */
enum exit_code cli_usage(struct cli *cli, const char *complaint);

/* The exit code for an errno of ours, by what it means everywhere in lodge. */
enum exit_code cli_code(int error);

/* Ends a command that failed: with --json, prints the error as an object. Returns `code'. */
enum exit_code cli_fail(struct cli *cli, enum exit_code code);

/* Ends a command that did what was asked: with --json, prints {"domid":...,"name":...}. */
enum exit_code cli_done(struct cli *cli, unsigned domid, const char *name);

#endif
