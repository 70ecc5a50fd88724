/* SPDX-License-Identifier: BSD-2-Clause */
/* A list, the file last asked for first. It is short: comparing hashes finds a path soon enough. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/httpd/clock.h"
#include "apps/httpd/date.h"
#include "apps/httpd/kept_file.h"
#include "apps/httpd/mime.h"

static struct kept_file *newest, *oldest;
static unsigned int count;

/* FNV-1a. Who makes paths with equal hashes makes the server compare 64 strings, no more. */
static uint32_t hash_of(const char *path)
{
	uint32_t hash = 2166136261u;

	for (; *path != '\0'; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash;
}

static void list_put(struct kept_file *file)
{
	file->newer = NULL;
	file->older = newest;
	if (newest)
		newest->newer = file;
	else
		oldest = file;
	newest = file;
	count++;
}

static void list_take(struct kept_file *file)
{
	if (file->newer)
		file->newer->older = file->older;
	else
		newest = file->older;
	if (file->older)
		file->older->newer = file->newer;
	else
		oldest = file->newer;
	count--;
}

static struct kept_file *asked_for(struct kept_file *file)
{
	file->asked = clock_ms();
	file->references++;
	return file;
}

struct kept_file *kept_file_find(const char *path)
{
	uint32_t hash = hash_of(path);
	struct kept_file *file = newest;

	while (file && (file->hash != hash || strcmp(file->path, path) != 0))
		file = file->older;
	if (!file)
		return NULL;
	if (file != newest) {
		list_take(file);
		list_put(file);
	}
	return asked_for(file);
}

static void let_go(struct kept_file *file)
{
	list_take(file);
	kept_file_release(file);
}

/* What every answer says of the file. Bounded: a type is one of mime.c's, the rest is digits. */
static void fields_format(struct kept_file *file)
{
	char date[DATE_SIZE];

	date_format(file->changed, date);
	snprintf(file->tag, sizeof(file->tag), "\"%" PRIx64 "-%" PRIx64 "\"",
		 (uint64_t)file->changed, file->size);
	file->fields_size = (size_t)snprintf(file->fields, sizeof(file->fields),
					     "Content-Type: %s\r\n"
					     "Last-Modified: %s\r\n"
					     "ETag: %s\r\n"
					     "Accept-Ranges: bytes\r\n",
					     mime_type(file->path), date, file->tag);
}

struct kept_file *kept_file_add(const char *path, int fd, const struct stat *st)
{
	size_t path_size = strlen(path) + 1;
	struct kept_file *file = malloc(sizeof(*file) + path_size);

	if (!file) {
		close(fd);
		return NULL;
	}
	if (count == KEPT_FILES_MAX)
		let_go(oldest);
	memcpy(file->path, path, path_size);
	file->hash = hash_of(path);
	file->references = 1;
	file->fd = fd;
	file->size = (uint64_t)st->st_size;
	file->changed = st->st_mtime;
	fields_format(file);
	list_put(file);
	return asked_for(file);
}

void kept_file_release(struct kept_file *file)
{
	if (--file->references > 0)
		return;
	close(file->fd);
	free(file);
}

int64_t kept_files_tidy(int64_t now)
{
	while (oldest && oldest->asked + KEPT_IDLE_MS <= now)
		let_go(oldest);
	return oldest ? oldest->asked + KEPT_IDLE_MS : INT64_MAX;
}
