/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "toolstack/cli.h"
#include "toolstack/message.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

static void show_help(const struct command *command)
{
	printf("usage: lodge %s %s\n\n%s\n\noptions:\n%s"
	       "      --json         print the result, or the error, as one JSON object\n"
	       "  -v, --verbose      tell more; -vv tells every step\n"
	       "  -q, --quiet        no warnings\n"
	       "  -h, --help         this text\n",
	       command->name, command->usage, command->summary, command->options);
}

bool cli_common(struct cli *cli, int option)
{
	switch (option) {
	case CLI_JSON:
		cli->json = true;
		return true;
	case 'v':
		message_set_level(message_level() < MESSAGE_INFO ? MESSAGE_INFO : MESSAGE_DEBUG);
		return true;
	case 'q':
		message_set_level(MESSAGE_ERROR);
		return true;
	default:
		return false;
	}
}

/* A whole number of seconds from an option; false, with a message, if it is none. */
static bool take_seconds(const char *text, unsigned *seconds)
{
	uint64_t number;

	if (!text_to_number(text, 1, 1000000000, &number)) {
		message_error("'%s' is no number of seconds", text);
		return false;
	}
	*seconds = (unsigned)number;
	return true;
}

int cli_option(struct cli *cli, int argc, char **argv, const char *shorts,
	       const struct option *longs, enum exit_code *code)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, shorts, longs, NULL);
		switch (option) {
		case -1:
			return CLI_END;
		case 'h':
			show_help(cli->command);
			*code = EXIT_DONE;
			return CLI_STOP;
		case '?':
			fprintf(stderr, "lodge: `lodge %s --help' lists the options\n",
				cli->command->name);
			*code = EXIT_USAGE;
			return CLI_STOP;
		case CLI_TIMEOUT:
			if (take_seconds(optarg, &cli->timeout_s))
				break;
			*code = cli_fail(cli, EXIT_USAGE);
			return CLI_STOP;
		default:
			if (!cli_common(cli, option))
				return option;
		}
	}
}

enum exit_code cli_usage(struct cli *cli, const char *complaint)
{
	message_error("%s; usage: lodge %s %s", complaint, cli->command->name, cli->command->usage);
	return cli_fail(cli, EXIT_USAGE);
}

enum exit_code cli_code(int error)
{
	switch (error) {
	case 0:
		return EXIT_DONE;
	case -ESRCH:
		return EXIT_NO_DOMAIN;
	case -ETIMEDOUT:
		return EXIT_TIMEOUT;
	case -ECANCELED:
		return wait_signal() ? (enum exit_code)(EXIT_SIGNAL + (unsigned)wait_signal())
				     : EXIT_FAILED;
	default:
		return EXIT_FAILED;
	}
}

enum exit_code cli_fail(struct cli *cli, enum exit_code code)
{
	struct json json;

	if (cli->json) {
		json_init(&json, stdout);
		json_open(&json, NULL, '{');
		json_open(&json, "error", '{');
		json_number(&json, "exit", code);
		json_text(&json, "message", message_first_error());
		json_close(&json);
		json_close(&json);
	}
	return code;
}

enum exit_code cli_done(struct cli *cli, unsigned domid, const char *name)
{
	struct json json;

	if (cli->json) {
		json_init(&json, stdout);
		json_open(&json, NULL, '{');
		json_number(&json, "domid", domid);
		json_text(&json, "name", name);
		json_close(&json);
	}
	return EXIT_DONE;
}
