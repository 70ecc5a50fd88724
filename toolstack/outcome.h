/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a domain ended: the reason that it gave to Xen, and the exit status that a
 * Lodger guest leaves in its node data/lodger/exit-status. Pure.
 */
#ifndef TOOLSTACK_OUTCOME_H
#define TOOLSTACK_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "toolstack/config.h"
#include "toolstack/exit.h"

enum outcome_reason { /* SHUTDOWN_* of xen/sched.h, and one more */
		      OUTCOME_POWEROFF = 0,
		      OUTCOME_REBOOT = 1,
		      OUTCOME_SUSPEND = 2,
		      OUTCOME_CRASH = 3,
		      OUTCOME_WATCHDOG = 4,
		      OUTCOME_SOFT_RESET = 5,
		      OUTCOME_DESTROYED, /* it vanished: somebody destroyed it */
		      OUTCOME_COUNT,
};

struct outcome {
	enum outcome_reason reason;
	bool has_status;
	int status;
};

const char *outcome_name(enum outcome_reason reason);

/* SHUTDOWN_* as Xen reports it; a code that is not known counts as a crash. */
enum outcome_reason outcome_of_code(unsigned code);

/* `text' is whatever the guest wrote, NULL if nothing; only a plain decimal number counts. */
void outcome_set_status(struct outcome *outcome, const char *text);

/* What the configuration wants done. */
enum config_action outcome_action(enum outcome_reason reason, const struct config *config);

enum exit_code outcome_exit_code(const struct outcome *outcome);

/* "ended REASON STATUS" (or "-"), the line that the monitor says, and back. */
void outcome_format(const struct outcome *outcome, char *text, size_t size);
bool outcome_parse(const char *text, struct outcome *outcome);

#endif
