/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <unistd.h>

#include "toolstack/cli_domain.h"
#include "toolstack/console.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

/* Where the console is. */
struct place {
	char path[CONSOLE_PATH_SIZE];
	uint64_t gfn;
};

static int find(struct lookup *lookup, uint32_t domid, void *context)
{
	struct place *place = context;

	return console_find(lookup->xenstore, domid, place->path, &place->gfn);
}

static enum exit_code use(struct cli *cli, uint32_t domid, const char *name,
			  const struct place *place)
{
	struct outcome outcome = {.reason = OUTCOME_DESTROYED};
	struct console console = CONSOLE_NONE;
	int link = link_connect(domid); /* a domain of xl's has no monitor that talks */
	bool told = false;
	int error = console_attach(&console, domid, place->path, place->gfn);

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
	struct place place = {.gfn = 0};
	enum exit_code code;
	uint32_t domid;
	int error;

	if (!cli_operands(cli, argc, argv, 1, 1, "name one domain", &code))
		return code;
	error = cli_work_on(argv[optind], &domid, find, &place);
	return error ? cli_fail(cli, cli_code(error)) : use(cli, domid, argv[optind], &place);
}

const struct command command_console = {
	.name = "console",
	.usage = "DOMAIN",
	.summary = "Attach to a domain's console; Ctrl-] detaches.",
	.options = "",
	.run = run,
};
