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

static void show(struct cli *cli, const struct monitor *monitor, const struct outcome *outcome)
{
	char uuid[UUID_TEXT_SIZE];
	struct json json;

	message_info("domain %u is %s", monitor->domain.build.domid, monitor->config->name);
	if (!cli->json)
		return;
	text_from_uuid(uuid, monitor->config->uuid);
	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", monitor->domain.build.domid);
	json_text(&json, "name", monitor->config->name);
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

/* Attaches to the console that the monitor offers: 0 or -errno. */
static int attach(struct console *console, int link)
{
	char record[LINK_RECORD_SIZE], path[CONSOLE_PATH_SIZE];
	unsigned long long gfn;
	unsigned domid;
	int error = link_hear(link, record, TIME_FOREVER);

	if (error)
		return error;
	if (sscanf(record, "tty %u %63s %llu", &domid, path, &gfn) != 3)
		return -EPROTO;
	error = console_attach(console, domid, path, gfn);
	return error ? error : link_say(link, "go");
}

/* The monitor goes on in a child; this process becomes the domain's terminal. */
static enum exit_code run_with_console(struct cli *cli, struct monitor *monitor)
{
	struct outcome outcome = {.reason = OUTCOME_DESTROYED};
	struct console console = CONSOLE_NONE;
	bool told = false;
	enum console_end end;
	pid_t child;
	int error, link = monitor_fork(monitor, &child);

	if (link < 0) {
		monitor_undo(monitor);
		return cli_fail(cli, EXIT_FAILED);
	}
	error = attach(&console, link);
	if (error) {
		console_detach(&console);
		close(link);
		waitpid(child, NULL, 0); /* it undoes what was made */
		return cli_fail(cli, cli_code(error));
	}
	end = console_run(&console, link, true, &outcome, &told);
	console_detach(&console);
	if (end == CONSOLE_LEFT) {
		close(link);
		return cli_code(wait_signal() ? -ECANCELED : 0);
	}
	link_see_out(link);
	show(cli, monitor, &outcome);
	if (!told)
		message_error("the domain's monitor has ended; how the domain did is not known");
	return told ? outcome_exit_code(&outcome) : EXIT_FAILED;
}

static enum exit_code create(struct cli *cli, struct config *config, bool console, bool paused)
{
	struct monitor monitor;
	int error = monitor_begin(&monitor, config);

	if (error) {
		domain_close(&monitor.domain);
		if (error == -ECANCELED)
			message_error("called off; nothing is left of the domain");
		return cli_fail(cli, error == -ECANCELED ? cli_code(error) : EXIT_FAILED);
	}
	if (console)
		return run_with_console(cli, &monitor);
	/* The last moment to call it off. */
	error = wait_cancelled();
	if (!error && !paused)
		error = domain_unpause(&monitor.domain);
	if (!error) {
		show(cli, &monitor, NULL);
		error = monitor_leave_behind(&monitor);
	}
	monitor_undo(&monitor);
	return cli_fail(cli, cli_code(error));
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {
		{"console", no_argument, NULL, 'c'},
		{"paused", no_argument, NULL, 'p'},
		CLI_OPTIONS,
	};
	bool console = false, paused = false;
	enum exit_code code;
	struct config config;
	int option, overrides, error;

	while ((option = cli_option(cli, argc, argv, "cphvq", longs, &code)) != CLI_END) {
		if (option == CLI_STOP)
			return code;
		console = console || option == 'c';
		paused = paused || option == 'p';
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
		code = create(cli, &config, console, paused);
	config_free(&config);
	return code;
}

const struct command command_create = {
	.name = "create",
	.usage = "[-c] [--paused] FILE [KEY=VALUE...]",
	.summary = "Make a domain, pv or pvh, as FILE in xl's syntax describes it.",
	.options = "  -c, --console      attach to its console before it runs; return its exit "
		   "status\n"
		   "  -p, --paused       leave it paused\n",
	.run = run,
};
