/* SPDX-License-Identifier: BSD-2-Clause */
/* What commands that do something with one domain have in common: its name, finding it, the end. */
#ifndef TOOLSTACK_CLI_DOMAIN_H
#define TOOLSTACK_CLI_DOMAIN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "toolstack/cli.h"
#include "toolstack/lookup.h"

/*
 * Reads the options of a command that has none of its own. True: from argv[optind] on there are
 * `least' to `most' operands. False, with a message if something is wrong: return *code.
 */
bool cli_operands(struct cli *cli, int argc, char **argv, int least, int most,
		  const char *complaint, enum exit_code *code);

/*
 * What a command does with its domain, between the finding and the letting go of Xen and of the
 * store: 0 or -errno, with a message. `context' is the command's own.
 */
typedef int cli_work(struct lookup *lookup, uint32_t domid, void *context);

/* Finds the domain by name or number, *domid, and works on it: 0 or -errno, with a message. */
int cli_work_on(const char *name, uint32_t *domid, cli_work *work, void *context);

/* The whole of a command that has nothing to tell but that it is done. */
enum exit_code cli_domain(struct cli *cli, const char *name, cli_work *work, void *context);

#endif
