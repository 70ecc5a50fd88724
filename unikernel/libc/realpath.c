/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * realpath(): a path with its links followed, and without "." and "..".
 *
 *	out: /what/is/done       rest: ../what/is/to/be/done
 *
 * Name after name goes from rest to out; a link's target takes the place of its name in rest.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "unikernel/core/heap.h"
#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

#define LINKS_MAX 40

static void name_drop(char *out)
{
	char *slash = strrchr(out, '/');
	slash[slash == out] = '\0';
}

/* Appends a name to out, which ends in no slash but that of the root. */
static int name_add(char *out, const char *name, size_t len)
{
	size_t at = strlen(out);
	if (at + 1 + len >= PATH_MAX)
		return -ENAMETOOLONG;
	if (at > 1)
		out[at++] = '/';
	memcpy(out + at, name, len);
	out[at + len] = '\0';
	return 0;
}

/* The link that out leads to now stands at the beginning of rest instead. */
static int link_follow(char *out, char *rest)
{
	char *target = heap_alloc(PATH_MAX);
	if (!target)
		return -ENOMEM;
	ssize_t n = tree()->readlink(out, target, PATH_MAX - 1);
	const size_t behind = strlen(rest);
	int error = n < 0 ? (int)n : n == 0 ? -ENOENT : 0;
	if (!error && (size_t)n + 1 + behind >= PATH_MAX)
		error = -ENAMETOOLONG;
	if (!error) {
		memmove(rest + n + 1, rest, behind + 1);
		memcpy(rest, target, (size_t)n);
		rest[n] = '/';
		name_drop(out);
		if (*target == '/')
			strcpy(out, "/");
	}
	heap_free(target);
	return error;
}

/* Moves the next name from rest to out. *links: how many have been followed. */
static int name_move(char *out, char *rest, int *links)
{
	const size_t slashes = strspn(rest, "/"), len = strcspn(rest + slashes, "/");
	const char *name = rest + slashes, *behind = name + len;
	struct stat st = {0};
	int error = 0;
	bool added = false;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		name_drop(out);
	} else if (len && !(len == 1 && *name == '.')) {
		error = name_add(out, name, len);
		added = true;
		if (!error)
			error = tree()->stat(out, &st, false);
	}
	memmove(rest, behind, strlen(behind) + 1);
	if (error || !added)
		return error;
	if (S_ISLNK(st.st_mode))
		return ++*links > LINKS_MAX ? -ELOOP : link_follow(out, rest);
	return *rest && !S_ISDIR(st.st_mode) ? -ENOTDIR : 0;
}

int path_real(const char *absolute, char *out)
{
	char *rest = heap_alloc(PATH_MAX);
	if (!rest)
		return -ENOMEM;
	strcpy(rest, absolute);
	strcpy(out, "/");
	int error = 0, links = 0;
	while (!error && *rest)
		error = name_move(out, rest, &links);
	heap_free(rest);
	return error;
}

char *realpath(const char *restrict name, char *restrict resolved)
{
	char *out = resolved ? resolved : malloc(PATH_MAX);
	if (!name)
		errno = EINVAL;
	if (out && name && result_int(PATH_CALL(name, path_real(path.text, out))) == 0)
		return out;
	if (!resolved) {
		const int error = errno;
		free(out);
		errno = error;
	}
	return NULL;
}
