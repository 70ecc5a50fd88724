/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that were asked for lately, open, with the lines that every answer says of them.
 *
 * What is kept stays true: the file system is read-only, and this is the guest's only program. A
 * file is let go when KEPT_FILES_MAX others were asked for since, or when nobody has asked for it
 * for KEPT_IDLE_MS: a server that idles holds nothing. An answer on its way has a reference of its
 * own, so what is let go under it is closed when it is done.
 */
#ifndef HTTPD_KEPT_FILE_H
#define HTTPD_KEPT_FILE_H

#include <stddef.h>
#include <stdint.h>

struct stat;

#define KEPT_FILES_MAX 64
#define KEPT_IDLE_MS   4000

/* Name and state of a file: equal tags mean equal bytes. */
#define TAG_SIZE	 40

#define KEPT_FIELDS_SIZE 256

struct kept_file {
	struct kept_file *newer, *older; /* while it is kept */
	unsigned int references;	 /* of answers; being kept is one more */
	uint32_t hash;			 /* of the path */
	int64_t asked;			 /* clock_ms() */
	int fd;
	uint64_t size;
	int64_t changed; /* seconds since 1970 */
	char tag[TAG_SIZE];
	/* Content-Type, Last-Modified, ETag and Accept-Ranges, each with its end of line. */
	size_t fields_size;
	char fields[KEPT_FIELDS_SIZE];
	char path[];
};

/* The file of that path with a reference added, NULL if it is not kept. */
struct kept_file *kept_file_find(const char *path);

/*
 * Keeps a regular file that was opened and looked at just now, and returns it with a reference
 * added. Takes over fd. NULL (and fd is closed): no memory.
 */
struct kept_file *kept_file_add(const char *path, int fd, const struct stat *st);

void kept_file_release(struct kept_file *file);

/* Lets go of those that have been idle for long; when to call again, INT64_MAX if none is kept. */
int64_t kept_files_tidy(int64_t now);

#endif
