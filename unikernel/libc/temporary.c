/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names that nobody has yet: mkstemp() and its kin.  newlib's own draw them from the process's number,
 * which is always 1 here, and cannot make directories.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unikernel/core/time.h"

#define PLACES 6u
#define TRIES  100u

/* Need not be secret: O_EXCL and mkdir() see to it that a name is nobody else's. */
static uint64_t random_next(void)
{
	static uint64_t state;
	uint64_t fresh;
	if (getentropy(&fresh, sizeof(fresh)))
		fresh = time_monotonic_ns();
	state = (state ^ fresh) * 6364136223846793005ull + 1442695040888963407ull;
	return state >> 16;
}

/* Fills in the Xs before the suffix until `make` takes the name; what it returned, or -1. */
static int name_draw(char *name, int suffix, int (*make)(const char *name))
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const size_t len = strlen(name);
	if (suffix < 0 || len < PLACES + (size_t)suffix ||
	    strncmp(name + len - (size_t)suffix - PLACES, "XXXXXX", PLACES) != 0) {
		errno = EINVAL;
		return -1;
	}
	for (unsigned int i = 0; i < TRIES; i++) {
		uint64_t random = random_next();
		for (unsigned int place = 0; place < PLACES; place++, random /= sizeof(letters) - 1)
			name[len - (size_t)suffix - PLACES + place] =
				letters[random % (sizeof(letters) - 1)];
		int made = make(name);
		if (made >= 0 || errno != EEXIST)
			return made;
	}
	return -1;
}

static int file_make(const char *name)
{
	return open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int directory_make(const char *name)
{
	return mkdir(name, 0700);
}

static int nothing_make(const char *name)
{
	struct stat st;
	if (lstat(name, &st) == 0)
		errno = EEXIST;
	else if (errno == ENOENT)
		return 0;
	return -1;
}

int mkstemps(char *name, int suffix)
{
	return name_draw(name, suffix, file_make);
}

int mkstemp(char *name)
{
	return mkstemps(name, 0);
}

char *mkdtemp(char *name)
{
	return name_draw(name, 0, directory_make) < 0 ? NULL : name;
}

char *mktemp(char *name)
{
	if (name_draw(name, 0, nothing_make) < 0)
		*name = '\0';
	return name;
}
