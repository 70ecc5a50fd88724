/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench: measures what the machine under it costs. The same program is linked with Lodger into a
 * guest of every mode, and compiled for Linux, as a process of dom0 or in a domain of its own.
 */
#include <stdio.h>

#include "apps/bench/figure.h"
#include "apps/bench/options.h"
#include "apps/bench/platform.h"
#include "apps/bench/record.h"

static void figures_measure(void)
{
	for (size_t i = 0; i < figures_count; i++) {
		const struct figure *figure = &figures[i];
		const char *reason;

		if (!options_wants(figure->name))
			continue;
		reason = figure->measure(figure);
		if (reason)
			record_absent(figure->name, reason);
	}
}

int main(int argc, char **argv)
{
	const char *reason;
	int status;

	if (!options_parse(argc, argv, &status))
		return status;
	if (options.echo)
		return platform_echo(options.domid);
	if (options.peer)
		return platform_peer(options.port);
	reason = options.mark ? platform_mark_check() : NULL;
	if (reason) {
		fprintf(stderr, "bench: --mark: %s\n", reason);
		return 2;
	}
	record_start(platform_program, platform_mode(options.mode));
	platform_stages(record_stage);
	figures_measure();
	record_end();
	return 0;
}
