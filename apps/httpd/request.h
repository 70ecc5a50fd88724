/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One request as it comes in, piece by piece.
 *
 * llhttp knows the grammar; this keeps what an answer depends on and sets bounds to everything that
 * a client may send.  What breaks the grammar or a bound becomes the status to refuse it with.
 */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <llhttp.h>

#define REQUEST_TARGET_MAX 1024	       /* beyond: 414 */
#define REQUEST_HEAD_MAX   8192	       /* all of it up to the empty line; beyond: 431 */
#define REQUEST_BODY_MAX   (64 * 1024) /* a body says nothing to us, but is read to its end; 413 */
#define REQUEST_VALUE_MAX  127

enum request_header {
	HEADER_HOST,
	HEADER_IF_MODIFIED_SINCE,
	HEADER_IF_NONE_MATCH,
	HEADER_IF_RANGE,
	HEADER_RANGE,
	HEADER_COUNT,
};

/* The value of a header that we care about. */
struct request_value {
	char text[REQUEST_VALUE_MAX + 1];
	size_t size;
	unsigned int seen; /* how often the header came */
	bool cut;	   /* … and it was longer than we keep */
};

enum request_state {
	REQUEST_EMPTY,	 /* nothing of it has come */
	REQUEST_PARTIAL, /* its end has not come */
	REQUEST_WHOLE,
	REQUEST_REFUSED, /* with .status; what follows on this connection cannot be understood */
};

struct request {
	llhttp_t parser;
	enum request_state state;
	int status;	 /* of a refused one */
	bool head_only;	 /* HEAD */
	bool allowed;	 /* GET or HEAD */
	bool keep_alive; /* the client and its version of HTTP would have another request follow */
	char target[REQUEST_TARGET_MAX + 1];
	size_t target_size;
	struct request_value value[HEADER_COUNT];

	size_t head_size, body_size;
	char field[20]; /* the name of the header that is being read */
	size_t field_size;
	struct request_value *current; /* where its value goes, or NULL */
};

/* For a new connection. */
void request_init(struct request *request);

/* Forgets a request that was answered; the parser goes on behind it. */
void request_next(struct request *request);

/*
 * Takes in up to `size` bytes and returns how many: fewer only if the request is whole or refused.
 * The rest belongs to the next request.
 */
size_t request_parse(struct request *request, const char *data, size_t size);

/* For reasons that are not in its bytes: it took too long. */
void request_refuse(struct request *request, int status);

/* A header's value, or NULL if there was none or one that cannot be used (twice, too long). */
const char *request_value(const struct request *request, enum request_header header);

#endif
