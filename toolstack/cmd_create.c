/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toolstack/cli.h"
#include "toolstack/config.h"
#include "toolstack/console.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/monitor.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

struct creation {
	struct cli *cli;
	const struct config *config;
	struct console console;
	int link; /* to the monitor; -1 once hung up */
	pid_t monitor;
	unsigned domid;
};

/* The monitor hears the hang-up, undoes what it has made, and ends. */
static void call_off(struct creation *creation)
{
	console_detach(&creation->console);
	if (creation->link >= 0)
		close(creation->link);
	creation->link = -1;
	waitpid(creation->monitor, NULL, 0);
}

/* Listens to the monitor until the domain is there (0), or is not (-errno; *code if it said). */
static int await_creation(struct creation *creation, enum exit_code *code)
{
	char record[LINK_RECORD_SIZE], path[CONSOLE_PATH_SIZE];
	unsigned long long gfn;
	unsigned domid;
	int failed, error;

	for (;;) {
		error = link_hear(creation->link, record, TIME_FOREVER);
		if (error)
			return error;
		if (sscanf(record, "failed %d", &failed) == 1) {
			*code = (enum exit_code)failed;
			return -EIO;
		}
		if (sscanf(record, "created %u", &creation->domid) == 1) {
			error = wait_cancelled();
			return error ? error : link_say(creation->link, "go");
		}
		if (sscanf(record, "tty %u %63s %llu", &domid, path, &gfn) == 3) {
			error = console_attach(&creation->console, domid, path, gfn);
			if (!error)
				error = link_say(creation->link, "go");
			if (error)
				return error;
		}
	}
}

static void show_created(struct creation *creation, const struct outcome *outcome)
{
	char uuid[UUID_TEXT_SIZE];
	struct json json;

	message_info("domain %u is %s", creation->domid, creation->config->name);
	if (!creation->cli->json)
		return;
	text_from_uuid(uuid, creation->config->uuid);
	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", creation->domid);
	json_text(&json, "name", creation->config->name);
	json_text(&json, "uuid", uuid);
	if (outcome) {
		json_text(&json, "reason", outcome_name(outcome->reason));
		if (outcome->has_status)
			json_number(&json, "status", outcome->status);
		else
			json_text(&json, "status", NULL);
	}
	json_close(&json);
}

static enum exit_code use_console(struct creation *creation)
{
	struct outcome outcome = {.reason = OUTCOME_DESTROYED};
	bool told = false;
	enum console_end end =
		console_run(&creation->console, creation->link, true, &outcome, &told);

	console_detach(&creation->console);
	close(creation->link); /* the answer that the monitor waits for */
	if (end == CONSOLE_LEFT)
		return cli_code(wait_signal() ? -ECANCELED : 0);
	show_created(creation, &outcome);
	if (!told)
		message_error("the domain's monitor has ended; how the domain did is not known");
	return told ? outcome_exit_code(&outcome) : EXIT_FAILED;
}

static enum exit_code create(struct creation *creation, struct config *config,
			     const struct monitor_options *options)
{
	enum exit_code code = EXIT_FAILED;
	int error;

	creation->config = config;
	creation->link = monitor_start(config, options, &creation->monitor);
	if (creation->link < 0) {
		message_error("cannot start the monitor: %s", strerror(-creation->link));
		return cli_fail(creation->cli, EXIT_FAILED);
	}
	error = await_creation(creation, &code);
	if (error) {
		call_off(creation);
		if (error == -ECANCELED)
			message_error("called off; nothing is left of the domain");
		return cli_fail(creation->cli, error == -ECANCELED ? cli_code(error) : code);
	}
	if (options->console)
		return use_console(creation);
	show_created(creation, NULL);
	return EXIT_DONE;
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {
		{"console", no_argument, NULL, 'c'},
		{"paused", no_argument, NULL, 'p'},
		CLI_OPTIONS,
	};
	struct creation creation = {.cli = cli, .console = CONSOLE_NONE, .link = -1};
	struct monitor_options options = {0};
	enum exit_code code;
	struct config config;
	int option, overrides, error;

	while ((option = cli_option(cli, argc, argv, "cphvq", longs, &code)) != CLI_END) {
		if (option == CLI_STOP)
			return code;
		options.console = options.console || option == 'c';
		options.paused = options.paused || option == 'p';
	}
	if (optind == argc)
		return cli_usage(cli, "no configuration file is named");
	overrides = optind + 1;
	for (int i = overrides; i < argc; i++)
		if (!strchr(argv[i], '='))
			return cli_usage(cli, "what follows the file must be KEY=VALUE");

	error = config_read(&config, argv[optind], argv + overrides, (size_t)(argc - overrides));
	if (error)
		code = cli_fail(cli, error == -EINVAL ? EXIT_CONFIG : EXIT_FAILED);
	else
		code = create(&creation, &config, &options);
	config_free(&config);
	return code;
}

const struct command command_create = {
	.name = "create",
	.usage = "[-c] [--paused] FILE [KEY=VALUE...]",
	.summary = "Make a domain as FILE, in xl's syntax, describes it.",
	.options = "  -c, --console      attach to its console before it runs; return its exit "
		   "status\n"
		   "  -p, --paused       leave it paused\n",
	.run = run,
};
