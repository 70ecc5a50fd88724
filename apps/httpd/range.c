/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "apps/httpd/range.h"

/*
 * Reads decimal digits and moves *at behind them.  A number beyond 64 bits saturates, which is
 * exact enough: no file ends there.  False without a single digit.
 */
static bool number_parse(const char **at, uint64_t *value)
{
	const char *p = *at;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (*value > (UINT64_MAX - digit) / 10)
			*value = UINT64_MAX;
		else
			*value = *value * 10 + digit;
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* "-500": the last 500 bytes, or all of a file that is shorter. */
static enum range_result suffix_parse(const char *p, uint64_t size, struct range *range)
{
	uint64_t length;

	if (!number_parse(&p, &length) || *p != '\0')
		return RANGE_IGNORED;
	if (length == 0 || size == 0)
		return RANGE_UNSATISFIABLE;
	range->first = length < size ? size - length : 0;
	range->last = size - 1;
	return RANGE_SATISFIABLE;
}

enum range_result range_parse(const char *value, uint64_t size, struct range *range)
{
	static const char unit[] = "bytes=";
	const char *p = value;

	if (strncmp(p, unit, strlen(unit)) != 0)
		return RANGE_IGNORED;
	p += strlen(unit);
	p += strspn(p, " \t");
	if (*p == '-')
		return suffix_parse(p + 1, size, range);

	if (!number_parse(&p, &range->first) || *p++ != '-')
		return RANGE_IGNORED;
	if (*p == '\0')
		range->last = UINT64_MAX;
	else if (!number_parse(&p, &range->last) || *p != '\0' || range->last < range->first)
		return RANGE_IGNORED;

	if (range->first >= size)
		return RANGE_UNSATISFIABLE;
	if (range->last >= size)
		range->last = size - 1;
	return RANGE_SATISFIABLE;
}
