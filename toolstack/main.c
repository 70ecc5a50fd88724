/* SPDX-License-Identifier: BSD-2-Clause */
/* lodge: makes, watches and ends Xen domains, from a domain 0. See lodge(8). */
#include <stdio.h>
#include <string.h>

#include "toolstack/cli.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

#ifndef LODGE_VERSION
#define LODGE_VERSION "unknown"
#endif

static const struct command *const commands[] = {
	&command_create,       &command_destroy,	&command_shutdown,
	&command_list,	       &command_console,	&command_wait,
	&command_network_list, &command_network_attach, &command_network_detach,
	&command_block_list,   &command_block_attach,	&command_block_detach,
	&command_remove,
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void show_help(FILE *file)
{
	fprintf(file, "usage: lodge [-v] [-q] COMMAND [OPTIONS] [ARGUMENTS]\n\ncommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(file, "\n`lodge COMMAND --help' tells more of one; lodge(8) tells all.\n"
		      "  -h, --help   this text\n      --version  the version\n");
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"version", no_argument, NULL, CLI_VERSION},
		CLI_OPTIONS,
	};
	struct cli cli = {0};
	int option;

	/* '+': what follows the command is for the command. */
	while ((option = getopt_long(argc, argv, "+hvq", longs, NULL)) != -1) {
		switch (option) {
		case 'h':
			show_help(stdout);
			return EXIT_DONE;
		case CLI_VERSION:
			printf("lodge %s\n", LODGE_VERSION);
			return EXIT_DONE;
		default:
			if (cli_common(&cli, option))
				break;
			show_help(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		show_help(stderr);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(argv[optind], commands[i]->name))
			continue;
		cli.command = commands[i];
		argc -= optind;
		argv += optind;
		optind = 0; /* the command reads its options from the start */
		if (wait_init()) {
			message_error("cannot set up signals");
			return EXIT_FAILED;
		}
		return commands[i]->run(&cli, argc, argv);
	}
	message_error("there is no command '%s'; `lodge --help' lists them", argv[optind]);
	return EXIT_USAGE;
}
