/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "apps/httpd/path.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The next character of the path, decoded; 0 at its end, -EINVAL for a broken escape. */
static int character_next(const char **at)
{
	const char *p = *at;
	int high, low;

	if (*p == '\0' || *p == '?' || *p == '#')
		return 0;
	*at = p + 1;
	if (*p != '%')
		return (unsigned char)*p;
	high = hex_digit(p[1]);
	low = high < 0 ? -1 : hex_digit(p[2]);
	if (low < 0 || (high | low) == 0)
		return -EINVAL;
	*at = p + 3;
	return high * 16 + low;
}

/* A proxy's form of the target carries scheme and host, which say nothing about files. */
static const char *origin_strip(const char *target)
{
	const char *slash;

	if (strncasecmp(target, "http://", 7) != 0)
		return target;
	slash = strchr(target + 7, '/');
	return slash ? slash : "/";
}

/*
 * A segment has been decoded completely behind `start`: judge it as the file system would see it,
 * so that "%2e%2e" fares like "..".  Returns the new length of the path.
 */
static int segment_end(const char *path, size_t start, size_t length, size_t *kept)
{
	size_t size = length - start;

	*kept = length;
	if (size == 1 && path[start] == '.')
		*kept = start;
	else if (size == 2 && path[start] == '.' && path[start + 1] == '.')
		return -EINVAL;
	return 0;
}

int path_resolve(const char *target, char *path, size_t size)
{
	const char *at = origin_strip(target);
	size_t length = 0, start;
	int c;

	if (*at != '/')
		return -EINVAL;
	if (size < 2)
		return -ENAMETOOLONG;
	path[length++] = '/';
	start = length;
	at++;
	for (;;) {
		c = character_next(&at);
		if (c < 0)
			return c;
		if (c == 0 || c == '/') {
			if (segment_end(path, start, length, &length) < 0)
				return -EINVAL;
			if (c == 0)
				break;
			if (length == start)
				continue; /* nothing between two slashes */
		}
		if (length + 1 >= size)
			return -ENAMETOOLONG;
		path[length++] = (char)c;
		if (c == '/')
			start = length;
	}
	path[length] = '\0';
	return 0;
}

static bool character_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("/-._~", c) != NULL);
}

int path_encode(const char *path, char *text, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t length = 0;

	for (; *path != '\0'; path++) {
		if (length + 4 > size)
			return -ENAMETOOLONG;
		if (character_plain(*path)) {
			text[length++] = *path;
		} else {
			text[length++] = '%';
			text[length++] = hex[(unsigned char)*path >> 4];
			text[length++] = hex[(unsigned char)*path & 15];
		}
	}
	if (length >= size)
		return -ENAMETOOLONG;
	text[length] = '\0';
	return 0;
}
