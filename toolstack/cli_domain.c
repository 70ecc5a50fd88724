/* SPDX-License-Identifier: BSD-2-Clause */
#include "toolstack/cli_domain.h"

bool cli_operands(struct cli *cli, int argc, char **argv, int least, int most,
		  const char *complaint, enum exit_code *code)
{
	static const struct option longs[] = {CLI_OPTIONS};

	if (cli_option(cli, argc, argv, "hvq", longs, code) == CLI_STOP)
		return false;
	if (argc - optind >= least && argc - optind <= most)
		return true;
	*code = cli_usage(cli, complaint);
	return false;
}

int cli_work_on(const char *name, uint32_t *domid, cli_work *work, void *context)
{
	struct lookup lookup;
	int error = lookup_open(&lookup);

	*domid = 0;
	if (!error)
		error = lookup_find(&lookup, name, domid);
	if (!error)
		error = work(&lookup, *domid, context);
	lookup_close(&lookup);
	return error;
}

enum exit_code cli_domain(struct cli *cli, const char *name, cli_work *work, void *context)
{
	uint32_t domid;
	int error = cli_work_on(name, &domid, work, context);

	return error ? cli_fail(cli, cli_code(error)) : cli_done(cli, domid, name);
}
