/* SPDX-License-Identifier: BSD-2-Clause */
/* From the target of a request to the name of a file. */
#ifndef HTTPD_PATH_H
#define HTTPD_PATH_H

#include <stddef.h>

/*
 * Writes the path that a request target names: percent-decoded, without query, without empty or "."
 * segments, beginning with '/'.  It ends with '/' exactly if the target named a directory.
 *
 *	/a/./b%20c//d?x=1      ->  /a/b c/d
 *	http://host/a/         ->  /a/
 *
 * Returns 0 or -EINVAL: not a path at all, a broken escape, an encoded NUL, or a ".." segment
 * (clients resolve those themselves; what is left of them is an attempt to climb out of the root).
 * -ENAMETOOLONG if `size` bytes do not hold it; strlen(target) + 1 bytes always do.
 */
int path_resolve(const char *target, char *path, size_t size);

/*
 * The other direction, for a Location field: everything that is not plain in a URL is
 * percent-encoded.  0 or -ENAMETOOLONG.
 */
int path_encode(const char *path, char *text, size_t size);

#endif
