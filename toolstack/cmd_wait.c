/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/cli_domain.h"
#include "toolstack/hypervisor.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/outcome.h"
#include "toolstack/wait.h"

/* The monitor of a domain of ours tells how it ended, restarts in between left out. */
static int ask_monitor(int link, struct outcome *outcome, uint64_t deadline)
{
	char record[LINK_RECORD_SIZE];
	int error;

	while (!(error = link_hear(link, record, deadline))) {
		if (outcome_parse(record, outcome)) {
			link_see_out(link);
			return 0;
		}
		error = link_say(link, "go");
		if (error)
			return error;
	}
	return error;
}

static void read_status(struct lookup *lookup, const char *path, struct outcome *outcome)
{
	char *value;

	if (xenstore_read(lookup->xenstore, XENSTORE_NO_TRANSACTION, path, &value))
		return;
	outcome_set_status(outcome, value);
	free(value);
}

/*
 * A domain of another toolstack: watched from outside. Its node is read whenever
 * it changes, for it may be gone as soon as the domain is.
 */
static int watch_domain(struct lookup *lookup, uint32_t domid, struct outcome *outcome,
			uint64_t deadline)
{
	char path[96];
	int error;

	outcome->reason = OUTCOME_DESTROYED;
	snprintf(path, sizeof(path), "/local/domain/%u/data/lodger/exit-status", domid);
	error = xenstore_watch(lookup->xenstore, "@releaseDomain", "release");
	if (!error)
		error = xenstore_watch(lookup->xenstore, path, "status");
	while (!error) {
		xc_domaininfo_t info;
		char *token;

		read_status(lookup, path, outcome);
		error = hypervisor_domain_info(lookup->xch, domid, &info);
		if (error == -ESRCH || (!error && DOMAIN_DYING(&info))) {
			/* It had time to say more than that somebody took it away. */
			if (outcome->has_status)
				outcome->reason = OUTCOME_POWEROFF;
			return 0;
		}
		if (!error && DOMAIN_SHUTDOWN(&info)) {
			outcome->reason = outcome_of_code(DOMAIN_SHUTDOWN_CODE(&info));
			return 0;
		}
		if (!error)
			error = xenstore_event(lookup->xenstore, deadline, &token);
		if (!error)
			free(token);
	}
	return error;
}

struct waiting {
	unsigned timeout_s; /* 0: none */
	struct outcome outcome;
};

static int await(struct lookup *lookup, uint32_t domid, void *context)
{
	struct waiting *waiting = context;
	uint64_t deadline = waiting->timeout_s ? time_after_s(waiting->timeout_s) : TIME_FOREVER;
	int link = link_connect(domid);
	int error = link < 0 ? link : ask_monitor(link, &waiting->outcome, deadline);

	if (link >= 0 && error)
		close(link);
	if (error && error != -ETIMEDOUT && error != -ECANCELED)
		error = watch_domain(lookup, domid, &waiting->outcome, deadline);
	if (error == -ETIMEDOUT)
		message_error("domain %u has not ended within %u seconds", domid,
			      waiting->timeout_s);
	else if (error && error != -ECANCELED)
		message_error("cannot wait for domain %u: %s", domid, strerror(-error));
	return error;
}

static enum exit_code show(struct cli *cli, uint32_t domid, const char *name,
			   const struct outcome *outcome)
{
	struct json json;

	message_info("domain %u: %s", domid, outcome_name(outcome->reason));
	if (cli->json) {
		json_init(&json, stdout);
		json_open(&json, NULL, '{');
		json_number(&json, "domid", domid);
		json_text(&json, "name", name);
		json_text(&json, "reason", outcome_name(outcome->reason));
		if (outcome->has_status)
			json_number(&json, "status", outcome->status);
		else
			json_text(&json, "status", NULL);
		json_close(&json);
	}
	return outcome_exit_code(outcome);
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {
		{"timeout", required_argument, NULL, CLI_TIMEOUT},
		CLI_OPTIONS,
	};
	struct waiting waiting = {0};
	enum exit_code code;
	uint32_t domid;
	int error;

	if (cli_option(cli, argc, argv, "hvq", longs, &code) == CLI_STOP)
		return code;
	if (argc - optind != 1)
		return cli_usage(cli, "name one domain");
	waiting.timeout_s = cli->timeout_s;
	error = cli_work_on(argv[optind], &domid, await, &waiting);
	return error ? cli_fail(cli, cli_code(error))
		     : show(cli, domid, argv[optind], &waiting.outcome);
}

const struct command command_wait = {
	.name = "wait",
	.usage = "[--timeout SECONDS] DOMAIN",
	.summary = "Wait until a domain has ended; return its exit status.",
	.options = "      --timeout=S    give up after so many seconds\n",
	.run = run,
};
