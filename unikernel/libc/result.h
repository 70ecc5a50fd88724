/* SPDX-License-Identifier: BSD-2-Clause */
/* From our convention (a negative errno) to POSIX's (-1 and errno). */
#ifndef LODGER_LIBC_RESULT_H
#define LODGER_LIBC_RESULT_H

#include <errno.h>

static inline long result(long value)
{
	if (value >= 0)
		return value;
	errno = (int)-value;
	return -1;
}

static inline int result_int(long value)
{
	return (int)result(value);
}

#endif
