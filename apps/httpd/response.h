/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer: a head, and behind it a piece of a file or a short text.
 *
 * An answer is made by response_begin(), any number of response_field(), and one of the
 * response_*_body(); then its bytes are taken from response_read() and response_advance().
 */
#ifndef HTTPD_RESPONSE_H
#define HTTPD_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kept_file;

#define RESPONSE_HEAD_MAX 2048

struct response {
	int status;
	bool head_only; /* the answer to HEAD: all fields, no body */
	bool close;	/* the connection ends with this answer */

	char head[RESPONSE_HEAD_MAX];
	size_t head_size, head_sent;
	char *text; /* on the heap, or NULL */
	size_t text_size, text_sent;
	struct kept_file *file; /* with a reference, or NULL */
	off_t offset;
	uint64_t remaining; /* bytes of the file */
	uint64_t body_size;
};

/* Makes an empty response of any memory. */
void response_init(struct response *response);

/* Frees what the response holds; it is empty again. */
void response_release(struct response *response);

/* The status line and the fields that every answer has. */
void response_begin(struct response *response, int status);
void response_field(struct response *response, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Fields that are ready, each with its end of line. */
void response_lines(struct response *response, const char *lines, size_t size);

/* No body at all (304): ends the head. */
void response_no_body(struct response *response);
/* Takes over `text`, from malloc(). */
void response_text_body(struct response *response, const char *type, char *text, size_t size);
/* Takes over the reference; `size` bytes of it from `offset`. */
void response_file_body(struct response *response, struct kept_file *file, off_t offset,
			uint64_t size);
/* A page of one line that names the status. */
void response_page_body(struct response *response);

/* The words for a status: "Not Found". */
const char *status_phrase(int status);

/*
 * Copies the next bytes of the answer; how many, 0 when there are no more, -1 if the file cannot be
 * read as promised (the connection must end then: nothing else tells the client).
 */
ssize_t response_read(const struct response *response, char *buf, size_t size);

/* That many of them have been sent. */
void response_advance(struct response *response, size_t size);

/* How many bytes of it have not. */
uint64_t response_left(const struct response *response);

#endif
