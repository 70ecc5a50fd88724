/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/cli.h"
#include "toolstack/hypervisor.h"
#include "toolstack/lookup.h"
#include "toolstack/outcome.h"
#include "toolstack/text.h"
#include "toolstack/wait.h"

#define SECOND UINT64_C(1000000000)

/* The six flags that `xl list' shows: running, blocked, paused, shutdown, crashed, dying. */
static const char *state_flags(const xc_domaininfo_t *info, char flags[7])
{
	bool shut = DOMAIN_SHUTDOWN(info) && !DOMAIN_DYING(info);
	unsigned code = DOMAIN_SHUTDOWN_CODE(info);

	flags[0] = info->flags & XEN_DOMINF_running ? 'r' : '-';
	flags[1] = info->flags & XEN_DOMINF_blocked ? 'b' : '-';
	flags[2] = info->flags & XEN_DOMINF_paused ? 'p' : '-';
	flags[3] = shut ? 's' : '-';
	flags[4] = shut && code == OUTCOME_CRASH ? 'c' : '-';
	flags[5] = DOMAIN_DYING(info) ? 'd' : '-';
	flags[6] = '\0';
	return flags;
}

static const char *state_name(const xc_domaininfo_t *info)
{
	if (DOMAIN_DYING(info))
		return "dying";
	if (DOMAIN_SHUTDOWN(info))
		return "shutdown";
	if (info->flags & XEN_DOMINF_paused)
		return "paused";
	return info->flags & XEN_DOMINF_running ? "running" : "blocked";
}

/* Only what has a device model behind it has an interrupt controller of the PC. */
static const char *type_name(const xc_domaininfo_t *info)
{
	if (!(info->flags & XEN_DOMINF_hvm_guest))
		return "pv";
	return info->arch_config.emulation_flags & XEN_X86_EMU_PIC ? "hvm" : "pvh";
}

static void show_json(const struct lookup_domain *domains, size_t count)
{
	struct json json;

	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_open(&json, "domains", '[');
	for (size_t i = 0; i < count; i++) {
		const xc_domaininfo_t *info = &domains[i].info;
		char uuid[UUID_TEXT_SIZE];

		text_from_uuid(uuid, info->handle);
		json_open(&json, NULL, '{');
		json_number(&json, "domid", info->domain);
		json_text(&json, "name", domains[i].name);
		json_text(&json, "uuid", uuid);
		json_text(&json, "state", state_name(info));
		if (DOMAIN_SHUTDOWN(info) && !DOMAIN_DYING(info))
			json_text(&json, "reason",
				  outcome_name(outcome_of_code(DOMAIN_SHUTDOWN_CODE(info))));
		else
			json_text(&json, "reason", NULL);
		json_text(&json, "type", type_name(info));
		json_number(&json, "memory_bytes", (int64_t)(info->tot_pages << XC_PAGE_SHIFT));
		json_number(&json, "vcpus", info->nr_online_vcpus);
		json_number(&json, "cpu_time_ns", (int64_t)info->cpu_time);
		json_close(&json);
	}
	json_close(&json);
	json_close(&json);
}

static void show_table(const struct lookup_domain *domains, size_t count)
{
	printf("%-40s %5s %6s %5s %6s %9s\n", "Name", "ID", "MiB", "VCPUs", "State", "Time(s)");
	for (size_t i = 0; i < count; i++) {
		const xc_domaininfo_t *info = &domains[i].info;
		char flags[7];

		if (domains[i].name)
			text_sanitise(domains[i].name);
		printf("%-40s %5u %6llu %5u %6s %7llu.%llu\n",
		       domains[i].name ? domains[i].name : "(null)", info->domain,
		       (unsigned long long)(info->tot_pages >> (20 - XC_PAGE_SHIFT)),
		       info->nr_online_vcpus, state_flags(info, flags),
		       (unsigned long long)(info->cpu_time / SECOND),
		       (unsigned long long)(info->cpu_time % SECOND / (SECOND / 10)));
	}
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	static const struct option longs[] = {CLI_OPTIONS};
	struct lookup_domain *domains = NULL;
	struct lookup lookup;
	enum exit_code code;
	size_t count = 0, first = 0;
	uint32_t domid;
	int error;

	if (cli_option(cli, argc, argv, "hvq", longs, &code) == CLI_STOP)
		return code;
	if (argc - optind > 1)
		return cli_usage(cli, "name one domain, or none for all");
	error = lookup_open(&lookup);
	if (!error && optind < argc) {
		error = lookup_find(&lookup, argv[optind], &domid);
		if (error == -EPERM) { /* domain 0 may be looked at */
			error = 0;
			domid = 0;
		}
	}
	if (!error)
		error = lookup_all(&lookup, &domains, &count);
	if (!error && optind < argc) {
		while (first < count && domains[first].info.domain != domid)
			first++;
		if (first == count)
			error = -ESRCH;
	}
	if (!error && cli->json)
		show_json(domains + first, optind < argc ? 1 : count);
	else if (!error)
		show_table(domains + first, optind < argc ? 1 : count);
	lookup_free(domains, count);
	lookup_close(&lookup);
	return error ? cli_fail(cli, cli_code(error)) : EXIT_DONE;
}

const struct command command_list = {
	.name = "list",
	.usage = "[DOMAIN]",
	.summary = "List the domains, whoever made them.",
	.options = "",
	.run = run,
};
