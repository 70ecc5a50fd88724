/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf's core, small, for the kernel itself (panic must not need libc). Understood:
 * %c %s %d %i %u %x %X %p %% with flags - and 0, width, precision (of %s), both also as *, and the
 * lengths hh h l ll z j t. Anything else is printed as it stands.
 */
#ifndef LODGER_CORE_FORMAT_H
#define LODGER_CORE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* As snprintf(): writes at most size bytes with the NUL; returns the length without the cut. */
int format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vformat(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
