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
#include "apps/httpd/kept_file.h"
#include "apps/httpd/kernel_page.h"
#include "apps/httpd/path.h"
#include "apps/httpd/range.h"
#include "apps/httpd/resource.h"

#define INDEX "index.html"

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

/* Is `tag` in the list of an If-None-Match?  A weak tag ("W/…") of the same text is as good. */
static bool tag_listed(const char *list, const char *tag)
{
	return strcmp(list, "*") == 0 || strstr(list, tag) != NULL;
}

/* Has the client this very state of the file (RFC 9110, 13.2.2)? */
static bool client_has(const struct request *request, const struct kept_file *file)
{
	const char *tags = request_value(request, HEADER_IF_NONE_MATCH);
	const char *since = request_value(request, HEADER_IF_MODIFIED_SINCE);
	int64_t date;

	if (request->value[HEADER_IF_NONE_MATCH].seen > 0)
		return tags && tag_listed(tags, file->tag);
	return since && date_parse(since, &date) == 0 && file->changed <= date;
}

/* Does the part that is asked for fit the parts that the client has (If-Range)? */
static bool range_fits(const struct request *request, const struct kept_file *file)
{
	const char *condition = request_value(request, HEADER_IF_RANGE);
	int64_t date;

	if (request->value[HEADER_IF_RANGE].seen == 0)
		return true;
	if (!condition)
		return false;
	if (condition[0] == '"')
		return strcmp(condition, file->tag) == 0;
	return date_parse(condition, &date) == 0 && file->changed == date;
}

static enum range_result range_of(const struct request *request, const struct kept_file *file,
				  struct range *range)
{
	const char *value = request_value(request, HEADER_RANGE);

	if (!value || request->head_only || !range_fits(request, file))
		return RANGE_IGNORED;
	return range_parse(value, file->size, range);
}

/* Takes over the reference. */
static void file_answer(const struct request *request, struct response *response,
			struct kept_file *file)
{
	/* For an empty file the last byte is the one before the first: its length is 0 all the same. */
	struct range range = {.first = 0, .last = file->size - 1};
	enum range_result part;

	if (client_has(request, file)) {
		response_begin(response, 304);
		response_field(response, "ETag: %s", file->tag);
		response_no_body(response);
		kept_file_release(file);
		return;
	}
	part = range_of(request, file, &range);
	if (part == RANGE_UNSATISFIABLE) {
		response_begin(response, 416);
		response_field(response, "Content-Range: bytes */%" PRIu64, file->size);
		response_page_body(response);
		kept_file_release(file);
		return;
	}
	response_begin(response, part == RANGE_SATISFIABLE ? 206 : 200);
	response_lines(response, file->fields, file->fields_size);
	if (part == RANGE_SATISFIABLE)
		response_field(response, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
			       range.first, range.last, file->size);
	response_file_body(response, file, (off_t)range.first, range.last - range.first + 1);
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

/* The answer to a path that is not kept. */
static void path_open_answer(const struct request *request, struct response *response,
			     const char *path)
{
	struct stat st;
	int fd = file_open(path, &st);

	if (fd < 0) {
		resource_refuse(response, -fd);
	} else if (S_ISREG(st.st_mode)) {
		struct kept_file *file = kept_file_add(path, fd, &st);

		if (file)
			file_answer(request, response, file);
		else
			resource_refuse(response, 503);
	} else {
		close(fd);
		if (S_ISDIR(st.st_mode))
			redirect_to_folder(response, path);
		else
			resource_refuse(response, 403);
	}
}

static void path_answer(const struct request *request, struct response *response, char *path,
			size_t size)
{
	size_t length = strlen(path);
	struct kept_file *file;

	if (path[length - 1] == '/') {
		if (length + sizeof(INDEX) > size) {
			resource_refuse(response, 404);
			return;
		}
		memcpy(path + length, INDEX, sizeof(INDEX));
	}
	file = kept_file_find(path);
	if (file)
		file_answer(request, response, file);
	else
		path_open_answer(request, response, path);
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
