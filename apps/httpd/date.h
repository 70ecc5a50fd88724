/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). */
#ifndef HTTPD_DATE_H
#define HTTPD_DATE_H

#include <stdint.h>

#define DATE_SIZE 30 /* with the final NUL */

/* Seconds since 1970 UTC, in the years 1970 to 9999; anything else is written as the nearer end. */
void date_format(int64_t seconds, char text[static DATE_SIZE]);

/* 0, or -EINVAL for what is no such date.  The two obsolete forms are not dates here. */
int date_parse(const char *text, int64_t *seconds);

#endif
