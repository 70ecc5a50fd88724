/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/httpd/date.h"
#include "apps/httpd/kept_file.h"
#include "apps/httpd/response.h"

void response_init(struct response *response)
{
	response->status = 0;
	response->head_only = false;
	response->close = false;
	response->head_size = 0;
	response->head_sent = 0;
	response->text = NULL;
	response->text_size = 0;
	response->text_sent = 0;
	response->file = NULL;
	response->offset = 0;
	response->remaining = 0;
	response->body_size = 0;
}

void response_release(struct response *response)
{
	free(response->text);
	if (response->file)
		kept_file_release(response->file);
	response_init(response);
}

const char *status_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 206:
		return "Partial Content";
	case 301:
		return "Moved Permanently";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 416:
		return "Range Not Satisfiable";
	case 431:
		return "Request Header Fields Too Large";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return "Internal Server Error";
	}
}

/* Heads are bounded by construction; one that is cut all the same would be a wrong answer. */
static void head_append(struct response *response, const char *format, va_list args)
{
	size_t room = sizeof(response->head) - response->head_size;
	int size = vsnprintf(response->head + response->head_size, room, format, args);

	if (size < 0 || (size_t)size >= room)
		abort();
	response->head_size += (size_t)size;
}

void response_field(struct response *response, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	head_append(response, format, args);
	va_end(args);
	memcpy(response->head + response->head_size, "\r\n", 3);
	response->head_size += 2;
}

void response_lines(struct response *response, const char *lines, size_t size)
{
	/* As above. */
	if (size >= sizeof(response->head) - response->head_size)
		abort();
	memcpy(response->head + response->head_size, lines, size);
	response->head_size += size;
}

static void text_append(struct response *response, const char *text)
{
	response_lines(response, text, strlen(text));
}

static void number_append(struct response *response, uint64_t number)
{
	char digits[20], *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	response_lines(response, at, (size_t)(digits + sizeof(digits) - at));
}

/* The time of an answer, written anew when its second has changed. */
static const char *date_now(void)
{
	static char text[DATE_SIZE];
	static time_t written = -1;
	time_t now = time(NULL);

	if (now != written) {
		date_format(now, text);
		written = now;
	}
	return text;
}

void response_begin(struct response *response, int status)
{
	response->status = status;
	text_append(response, "HTTP/1.1 ");
	number_append(response, (uint64_t)status);
	text_append(response, " ");
	text_append(response, status_phrase(status));
	text_append(response, "\r\nDate: ");
	text_append(response, date_now());
	text_append(response, "\r\nServer: Lodger\r\n");
	if (response->close)
		text_append(response, "Connection: close\r\n");
}

void response_no_body(struct response *response)
{
	text_append(response, "\r\n");
}

static void length_append(struct response *response, uint64_t size)
{
	response->body_size = size;
	text_append(response, "Content-Length: ");
	number_append(response, size);
	text_append(response, "\r\n\r\n");
}

void response_text_body(struct response *response, const char *type, char *text, size_t size)
{
	response_field(response, "Content-Type: %s", type);
	length_append(response, size);
	response->text = text;
	response->text_size = response->head_only ? 0 : size;
}

void response_file_body(struct response *response, struct kept_file *file, off_t offset,
			uint64_t size)
{
	length_append(response, size);
	response->file = file;
	response->offset = offset;
	response->remaining = response->head_only ? 0 : size;
}

void response_page_body(struct response *response)
{
	char page[160];
	const char *phrase = status_phrase(response->status);
	int size = snprintf(page, sizeof(page),
			    "<!doctype html>\n<title>%d %s</title>\n<h1>%d %s</h1>\n",
			    response->status, phrase, response->status, phrase);

	response_field(response, "Content-Type: text/html; charset=utf-8");
	length_append(response, (uint64_t)size);
	/* It is short enough to go with the head. */
	if (!response->head_only) {
		memcpy(response->head + response->head_size, page, (size_t)size);
		response->head_size += (size_t)size;
	}
}

static size_t copy(char *buf, size_t size, const char *from, size_t left)
{
	size_t part = left < size ? left : size;

	if (part > 0)
		memcpy(buf, from, part);
	return part;
}

ssize_t response_read(const struct response *response, char *buf, size_t size)
{
	size_t filled = copy(buf, size, response->head + response->head_sent,
			     response->head_size - response->head_sent);
	ssize_t n;

	filled += copy(buf + filled, size - filled, response->text + response->text_sent,
		       response->text_size - response->text_sent);
	if (response->remaining > 0 && filled < size) {
		size_t want = size - filled;

		if (want > response->remaining)
			want = (size_t)response->remaining;
		n = pread(response->file->fd, buf + filled, want, response->offset);
		if (n <= 0)
			return -1;
		filled += (size_t)n;
	}
	return (ssize_t)filled;
}

/* Takes from *left what it has of `size`, and says how much that was. */
static size_t take(size_t left, size_t size)
{
	return left < size ? left : size;
}

void response_advance(struct response *response, size_t size)
{
	size_t part = take(response->head_size - response->head_sent, size);

	response->head_sent += part;
	size -= part;
	part = take(response->text_size - response->text_sent, size);
	response->text_sent += part;
	size -= part;
	response->offset += (off_t)size;
	response->remaining -= size;
}

uint64_t response_left(const struct response *response)
{
	return response->head_size - response->head_sent + response->text_size -
	       response->text_sent + response->remaining;
}
