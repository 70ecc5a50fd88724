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

/* Has the monitor of a domain of ours tell when the domain is gone, or on to its next life. */
static int ask_monitor(int link, uint64_t deadline)
{
	char record[LINK_RECORD_SIZE];
	struct outcome outcome;
	int error = link_hear(link, record, deadline);

	if (!error && outcome_parse(record, &outcome)) {
		link_see_out(link);
		return 0;
	}
	if (!error)
		link_say(link, "go");
	close(link);
	return error;
}

/* Waits until a domain of another toolstack runs no more: 0, -ETIMEDOUT, -ECANCELED, -errno. */
static int watch_domain(struct lookup *lookup, uint32_t domid, uint64_t deadline)
{
	int error = xenstore_watch(lookup->xenstore, "@releaseDomain", "release");

	while (!error) {
		xc_domaininfo_t info;
		char *token;

		error = hypervisor_domain_info(lookup->xch, domid, &info);
		if (error == -ESRCH || (!error && (DOMAIN_DYING(&info) || DOMAIN_SHUTDOWN(&info))))
			return 0;
		if (!error)
			error = xenstore_event(lookup->xenstore, deadline, &token);
		if (!error)
			free(token);
	}
	return error;
}

struct request {
	const char *reason;
	bool waits;
	unsigned timeout_s; /* 0: none */
};

static int shut_down(struct lookup *lookup, uint32_t domid, void *context)
{
	const struct request *request = context;
	const unsigned timeout_s = request->timeout_s;
	uint64_t deadline = timeout_s ? time_after_s(timeout_s) : TIME_FOREVER;
	const bool waits = request->waits || timeout_s;
	char path[64];
	int error, link = waits ? link_connect(domid) : -1;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	error = xenstore_write(lookup->xenstore, XENSTORE_NO_TRANSACTION, path, request->reason);
	if (error) {
		message_error("cannot ask domain %u to shut down: %s", domid, strerror(-error));
		if (link >= 0)
			close(link);
		return error;
	}
	if (!waits)
		return 0;
	error = link < 0 ? -ECONNRESET : ask_monitor(link, deadline);
	if (error && error != -ETIMEDOUT && error != -ECANCELED)
		error = watch_domain(lookup, domid, deadline);
	if (error == -ETIMEDOUT)
		message_error(
			"domain %u has not shut down within %u seconds; `lodge destroy' ends it",
			domid, timeout_s);
	else if (error && error != -ECANCELED)
		message_error("cannot wait for domain %u: %s", domid, strerror(-error));
	return error;
}

static bool known_reason(const char *reason)
{
	return !strcmp(reason, "poweroff") || !strcmp(reason, "reboot") || !strcmp(reason, "halt");
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {
		{"wait", no_argument, NULL, 'w'},
		{"reason", required_argument, NULL, 'r'},
		{"timeout", required_argument, NULL, CLI_TIMEOUT},
		CLI_OPTIONS,
	};
	struct request request = {.reason = "poweroff"};
	enum exit_code code;
	int option;

	while ((option = cli_option(cli, argc, argv, "wr:hvq", longs, &code)) != CLI_END) {
		if (option == CLI_STOP)
			return code;
		if (option == 'w')
			request.waits = true;
		if (option == 'r')
			request.reason = optarg;
	}
	if (!known_reason(request.reason))
		return cli_usage(cli, "the reason must be poweroff, reboot or halt");
	if (argc - optind != 1)
		return cli_usage(cli, "name one domain");
	request.timeout_s = cli->timeout_s;
	return cli_domain(cli, argv[optind], shut_down, &request);
}

const struct command command_shutdown = {
	.name = "shutdown",
	.usage = "[-w] [-r REASON] [--timeout SECONDS] DOMAIN",
	.summary = "Ask a domain to shut down.",
	.options = "  -w, --wait         return when it has\n"
		   "  -r, --reason=WHAT  poweroff (if nothing is said), reboot or halt\n"
		   "      --timeout=S    with --wait: give up after so many seconds\n",
	.run = run,
};
