/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/outcome.h"
#include "toolstack/text.h"

static const char *const names[OUTCOME_COUNT] = {
	[OUTCOME_POWEROFF] = "poweroff",   [OUTCOME_REBOOT] = "reboot",
	[OUTCOME_SUSPEND] = "suspend",	   [OUTCOME_CRASH] = "crash",
	[OUTCOME_WATCHDOG] = "watchdog",   [OUTCOME_SOFT_RESET] = "soft-reset",
	[OUTCOME_DESTROYED] = "destroyed",
};

const char *outcome_name(enum outcome_reason reason)
{
	return reason < OUTCOME_COUNT ? names[reason] : "unknown";
}

enum outcome_reason outcome_of_code(unsigned code)
{
	return code <= OUTCOME_SOFT_RESET ? (enum outcome_reason)code : OUTCOME_CRASH;
}

void outcome_set_status(struct outcome *outcome, const char *text)
{
	bool negative = text && *text == '-';
	uint64_t number;

	outcome->has_status = text && text_to_number(text + negative, 0, INT32_MAX, &number);
	outcome->status = 0;
	if (outcome->has_status)
		outcome->status = negative ? -(int)number : (int)number;
}

enum config_action outcome_action(enum outcome_reason reason, const struct config *config)
{
	switch (reason) {
	case OUTCOME_POWEROFF:
		return config->on_poweroff;
	case OUTCOME_REBOOT:
		return config->on_reboot;
	case OUTCOME_WATCHDOG:
		return config->on_watchdog;
	case OUTCOME_CRASH:
		return config->on_crash;
	default:
		return ACTION_DESTROY;
	}
}

enum exit_code outcome_exit_code(const struct outcome *outcome)
{
	switch (outcome->reason) {
	case OUTCOME_CRASH:
	case OUTCOME_WATCHDOG:
		return EXIT_CRASHED;
	case OUTCOME_DESTROYED:
		return EXIT_DESTROYED;
	default:
		if (!outcome->has_status)
			return EXIT_DONE;
		return outcome->status >= 0 && outcome->status <= EXIT_GUEST_LAST
			       ? (enum exit_code)outcome->status
			       : EXIT_GUEST_OTHER;
	}
}

void outcome_format(const struct outcome *outcome, char *text, size_t size)
{
	char status[16] = "-";

	if (outcome->has_status)
		snprintf(status, sizeof(status), "%d", outcome->status);
	snprintf(text, size, "ended %s %s", outcome_name(outcome->reason), status);
}

bool outcome_parse(const char *text, struct outcome *outcome)
{
	char reason[32], status[32];

	if (sscanf(text, "ended %31s %31s", reason, status) != 2)
		return false;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(reason, names[i]))
			continue;
		outcome->reason = (enum outcome_reason)i;
		outcome_set_status(outcome, status);
		return true;
	}
	return false;
}
