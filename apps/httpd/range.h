/* SPDX-License-Identifier: BSD-2-Clause */
/* The Range header of a request (RFC 9110, section 14). */
#ifndef HTTPD_RANGE_H
#define HTTPD_RANGE_H

#include <stdint.h>

/* Bytes first to last, both included, as the header counts them. */
struct range {
	uint64_t first;
	uint64_t last;
};

enum range_result {
	RANGE_IGNORED,	     /* another unit, several ranges or no sense: the whole file is right */
	RANGE_SATISFIABLE,   /* 206: *range lies within the file */
	RANGE_UNSATISFIABLE, /* 416: it starts behind the file's end */
};

/* Reads the value of a Range header for a file of `size` bytes. */
enum range_result range_parse(const char *value, uint64_t size, struct range *range);

#endif
