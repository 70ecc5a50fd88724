/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/httpd/date.h"
#include "apps/httpd/kernel_page.h"
#include "apps/httpd/mime.h"
#include "apps/httpd/path.h"
#include "apps/httpd/range.h"
#include "apps/httpd/resource.h"

#define INDEX "index.html"

/* Name and state of a file: equal tags mean equal bytes. */
#define TAG_SIZE 40

static const char *root = "";

void resource_root_set(const char *path)
{
	root = path;
}

void resource_refuse(struct response *response, int status)
{
	response_begin(response, status);
	if (status == 405)
		response_field(response, "Allow: GET, HEAD");
	response_page_body(response);
}

static int status_of_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return 404;
	case EACCES:
	case EPERM:
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return 503;
	default:
		return 500;
	}
}

static void redirect_to_folder(struct response *response, const char *path)
{
	static char location[RESPONSE_HEAD_MAX / 2]; /* long for a stack, and there is one thread */

	if (path_encode(path, location, sizeof(location) - 1) < 0) {
		resource_refuse(response, 404);
		return;
	}
	response_begin(response, 301);
	response_field(response, "Location: %s/", location);
	response_page_body(response);
}

static void tag_format(const struct stat *st, char tag[static TAG_SIZE])
{
	snprintf(tag, TAG_SIZE, "\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)st->st_mtime,
		 (uint64_t)st->st_size);
}

/* Is `tag` in the list of an If-None-Match?  A weak tag ("W/…") of the same text is as good. */
static bool tag_listed(const char *list, const char *tag)
{
	return strcmp(list, "*") == 0 || strstr(list, tag) != NULL;
}

/* Has the client this very state of the file (RFC 9110, 13.2.2)? */
static bool client_has(const struct request *request, const struct stat *st, const char *tag)
{
	const char *tags = request_value(request, HEADER_IF_NONE_MATCH);
	const char *since = request_value(request, HEADER_IF_MODIFIED_SINCE);
	int64_t date;

	if (request->value[HEADER_IF_NONE_MATCH].seen > 0)
		return tags && tag_listed(tags, tag);
	return since && date_parse(since, &date) == 0 && st->st_mtime <= date;
}

/* Does the part that is asked for fit the parts that the client has (If-Range)? */
static bool range_fits(const struct request *request, const struct stat *st, const char *tag)
{
	const char *condition = request_value(request, HEADER_IF_RANGE);
	int64_t date;

	if (request->value[HEADER_IF_RANGE].seen == 0)
		return true;
	if (!condition)
		return false;
	if (condition[0] == '"')
		return strcmp(condition, tag) == 0;
	return date_parse(condition, &date) == 0 && st->st_mtime == date;
}

static enum range_result range_of(const struct request *request, const struct stat *st,
				  const char *tag, struct range *range)
{
	const char *value = request_value(request, HEADER_RANGE);

	if (!value || request->head_only || !range_fits(request, st, tag))
		return RANGE_IGNORED;
	return range_parse(value, (uint64_t)st->st_size, range);
}

/* Takes over fd, an open regular file of that name. */
static void file_answer(const struct request *request, struct response *response, int fd,
			const struct stat *st, const char *name)
{
	uint64_t size = (uint64_t)st->st_size;
	/* For an empty file the last byte is the one before the first: its length is 0 all the same. */
	struct range range = {.first = 0, .last = size - 1};
	enum range_result part;
	char tag[TAG_SIZE], date[DATE_SIZE];

	tag_format(st, tag);
	date_format(st->st_mtime, date);
	if (client_has(request, st, tag)) {
		close(fd);
		response_begin(response, 304);
		response_field(response, "ETag: %s", tag);
		response_no_body(response);
		return;
	}
	part = range_of(request, st, tag, &range);
	if (part == RANGE_UNSATISFIABLE) {
		close(fd);
		response_begin(response, 416);
		response_field(response, "Content-Range: bytes */%" PRIu64, size);
		response_page_body(response);
		return;
	}
	response_begin(response, part == RANGE_SATISFIABLE ? 206 : 200);
	response_field(response, "Content-Type: %s", mime_type(name));
	response_field(response, "Last-Modified: %s", date);
	response_field(response, "ETag: %s", tag);
	response_field(response, "Accept-Ranges: bytes");
	if (part == RANGE_SATISFIABLE)
		response_field(response, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			       range.first, range.last, size);
	response_file_body(response, fd, (off_t)range.first, range.last - range.first + 1);
}

/* Opens what a path of a request names: a descriptor with its state, or the negative status. */
static int file_open(const char *path, struct stat *st)
{
	static char name[PATH_MAX];
	int fd;

	if (snprintf(name, sizeof(name), "%s%s", root, path) >= (int)sizeof(name))
		return -404;
	fd = open(name, O_RDONLY);
	if (fd < 0)
		return -status_of_errno(errno);
	if (fstat(fd, st) < 0) {
		int status = status_of_errno(errno);

		close(fd);
		return -status;
	}
	return fd;
}

static void path_answer(const struct request *request, struct response *response, char *path,
			size_t size)
{
	size_t length = strlen(path);
	struct stat st;
	int fd;

	if (path[length - 1] == '/') {
		if (length + sizeof(INDEX) > size) {
			resource_refuse(response, 404);
			return;
		}
		memcpy(path + length, INDEX, sizeof(INDEX));
	}
	fd = file_open(path, &st);
	if (fd < 0) {
		resource_refuse(response, -fd);
	} else if (S_ISREG(st.st_mode)) {
		file_answer(request, response, fd, &st, path);
	} else {
		close(fd);
		if (S_ISDIR(st.st_mode))
			redirect_to_folder(response, path);
		else
			resource_refuse(response, 403);
	}
}

void resource_answer(const struct request *request, struct response *response)
{
	char path[REQUEST_TARGET_MAX + sizeof(INDEX)];

	if (!request->allowed)
		resource_refuse(response, 405);
	else if (path_resolve(request->target, path, sizeof(path)) < 0)
		resource_refuse(response, 400);
	else if (!kernel_page_answer(path, response))
		path_answer(request, response, path, sizeof(path));
}
