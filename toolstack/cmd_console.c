/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <unistd.h>

#include "toolstack/cli.h"
#include "toolstack/console.h"
#include "toolstack/link.h"
#include "toolstack/lookup.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

static enum exit_code use(struct cli *cli, uint32_t domid, const char *name, const char *path,
			  uint64_t gfn)
{
	struct outcome outcome = {.reason = OUTCOME_DESTROYED};
	struct console console = CONSOLE_NONE;
	int link = link_connect(domid); /* a domain of xl's has no monitor that talks */
	bool told = false;
	int error = console_attach(&console, domid, path, gfn);

	if (error)
		return cli_fail(cli, EXIT_FAILED);
	if (console_run(&console, link < 0 ? -1 : link, false, &outcome, &told) == CONSOLE_ENDED)
		message_info("the domain has ended");
	console_detach(&console);
	if (link >= 0 && told)
		link_see_out(link);
	else if (link >= 0)
		close(link);
	if (wait_signal())
		return cli_code(-ECANCELED);
	return cli_done(cli, domid, name);
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {CLI_OPTIONS};
	char path[CONSOLE_PATH_SIZE];
	struct lookup lookup;
	enum exit_code code;
	uint32_t domid = 0;
	uint64_t gfn = 0;
	int error;

	if (cli_option(cli, argc, argv, "hvq", longs, &code) == CLI_STOP)
		return code;
	if (argc - optind != 1)
		return cli_usage(cli, "name one domain");
	error = lookup_open(&lookup);
	if (!error)
		error = lookup_find(&lookup, argv[optind], &domid);
	if (!error)
		error = console_find(lookup.xenstore, domid, path, &gfn);
	lookup_close(&lookup);
	return error ? cli_fail(cli, cli_code(error)) : use(cli, domid, argv[optind], path, gfn);
}

const struct command command_console = {
	.name = "console",
	.usage = "DOMAIN",
	.summary = "Attach to a domain's console; Ctrl-] detaches.",
	.options = "",
	.run = run,
};
