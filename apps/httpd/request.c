/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "apps/httpd/request.h"

static const char *const names[HEADER_COUNT] = {
	[HEADER_HOST] = "host",
	[HEADER_IF_MODIFIED_SINCE] = "if-modified-since",
	[HEADER_IF_NONE_MATCH] = "if-none-match",
	[HEADER_IF_RANGE] = "if-range",
	[HEADER_RANGE] = "range",
};

/* What llhttp's callbacks return to stop it; request->status says why. */
#define STOP (-1)

static int refuse(struct request *request, int status)
{
	request->status = status;
	return STOP;
}

/*
 * Names, values and target count towards the bound of the head; white space around them does not,
 * but time is bounded as well.
 */
static int head_count(struct request *request, size_t size)
{
	request->head_size += size;
	if (request->head_size > REQUEST_HEAD_MAX)
		return refuse(request, HTTP_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE);
	return 0;
}

static int begin(llhttp_t *parser)
{
	struct request *request = parser->data;

	request->state = REQUEST_PARTIAL;
	return 0;
}

static int target_part(llhttp_t *parser, const char *at, size_t size)
{
	struct request *request = parser->data;

	if (size > REQUEST_TARGET_MAX - request->target_size)
		return refuse(request, HTTP_STATUS_URI_TOO_LONG);
	memcpy(request->target + request->target_size, at, size);
	request->target_size += size;
	request->target[request->target_size] = '\0';
	return head_count(request, size);
}

static int field_part(llhttp_t *parser, const char *at, size_t size)
{
	struct request *request = parser->data;
	size_t room = sizeof(request->field) - request->field_size;

	/* A name that does not fit is none that we know: full is the mark of that. */
	memcpy(request->field + request->field_size, at, size < room ? size : room);
	request->field_size += size < room ? size : room;
	return head_count(request, size);
}

static int field_end(llhttp_t *parser)
{
	struct request *request = parser->data;
	size_t i, size = request->field_size;

	request->current = NULL;
	request->field_size = 0;
	for (i = 0; i < HEADER_COUNT; i++)
		if (strlen(names[i]) == size && strncasecmp(names[i], request->field, size) == 0)
			request->current = &request->value[i];
	if (request->current) {
		request->current->seen++;
		request->current->size = 0;
		request->current->text[0] = '\0';
	}
	return 0;
}

static int value_part(llhttp_t *parser, const char *at, size_t size)
{
	struct request *request = parser->data;
	struct request_value *value = request->current;

	if (value && size > REQUEST_VALUE_MAX - value->size) {
		value->cut = true;
	} else if (value) {
		memcpy(value->text + value->size, at, size);
		value->size += size;
		value->text[value->size] = '\0';
	}
	return head_count(request, size);
}

static int head_end(llhttp_t *parser)
{
	struct request *request = parser->data;
	unsigned int hosts = request->value[HEADER_HOST].seen;

	request->head_only = parser->method == HTTP_HEAD;
	request->allowed = request->head_only || parser->method == HTTP_GET;
	if (parser->http_major != 1)
		return refuse(request, HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED);
	/* RFC 9112, 3.2: without a host, or with two, a proxy on the way may have been fooled. */
	if (hosts > 1 || (hosts == 0 && parser->http_minor > 0))
		return refuse(request, HTTP_STATUS_BAD_REQUEST);
	/* Do not wait for a body that cannot change the answer (it may wait for a "100"). */
	if (!request->allowed && (parser->content_length > 0 || (parser->flags & F_CHUNKED)))
		return refuse(request, HTTP_STATUS_METHOD_NOT_ALLOWED);
	if (parser->content_length > REQUEST_BODY_MAX)
		return refuse(request, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	/* An offer to speak another protocol: declined by answering in this one. */
	parser->upgrade = 0;
	return 0;
}

static int body_part(llhttp_t *parser, const char *at, size_t size)
{
	struct request *request = parser->data;

	(void)at;
	request->body_size += size;
	if (request->body_size > REQUEST_BODY_MAX)
		return refuse(request, HTTP_STATUS_PAYLOAD_TOO_LARGE);
	return 0;
}

static int end(llhttp_t *parser)
{
	struct request *request = parser->data;

	request->state = REQUEST_WHOLE;
	request->keep_alive = llhttp_should_keep_alive(parser);
	return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
	.on_message_begin = begin,
	.on_url = target_part,
	.on_header_field = field_part,
	.on_header_field_complete = field_end,
	.on_header_value = value_part,
	.on_headers_complete = head_end,
	.on_body = body_part,
	.on_message_complete = end,
};

void request_init(struct request *request)
{
	llhttp_init(&request->parser, HTTP_REQUEST, &callbacks);
	request->parser.data = request;
	request_next(request);
}

static void value_clear(struct request_value *value)
{
	value->size = 0;
	value->seen = 0;
	value->cut = false;
}

void request_next(struct request *request)
{
	llhttp_resume(&request->parser);
	request->state = REQUEST_EMPTY;
	request->status = 0;
	request->head_only = false;
	request->allowed = false;
	request->keep_alive = false;
	request->target_size = 0;
	request->target[0] = '\0';
	for (size_t i = 0; i < HEADER_COUNT; i++)
		value_clear(&request->value[i]);
	request->head_size = 0;
	request->body_size = 0;
	request->field_size = 0;
	request->current = NULL;
}

/* Is this a character of a method's name (RFC 9110's token, as far as methods go)? */
static bool method_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* The status for what llhttp itself found wrong at `at`. */
static int status_of_error(llhttp_errno_t error, const char *at)
{
	switch (error) {
	case HPE_INVALID_METHOD:
		/* A method that we do not know, rather than bytes of another protocol. */
		return method_character(*at) ? HTTP_STATUS_NOT_IMPLEMENTED
					     : HTTP_STATUS_BAD_REQUEST;
	case HPE_INVALID_VERSION:
	case HPE_PAUSED_H2_UPGRADE:
		return HTTP_STATUS_HTTP_VERSION_NOT_SUPPORTED;
	case HPE_INVALID_TRANSFER_ENCODING:
		return HTTP_STATUS_NOT_IMPLEMENTED;
	default:
		return HTTP_STATUS_BAD_REQUEST;
	}
}

void request_refuse(struct request *request, int status)
{
	request->status = status;
	request->state = REQUEST_REFUSED;
}

size_t request_parse(struct request *request, const char *data, size_t size)
{
	llhttp_errno_t error = llhttp_execute(&request->parser, data, size);
	const char *at = error == HPE_OK ? data + size : llhttp_get_error_pos(&request->parser);
	size_t taken = at && at >= data && at <= data + size ? (size_t)(at - data) : size;

	if (request->state == REQUEST_WHOLE)
		return taken;
	if (error != HPE_OK && request->status == 0)
		request->status = status_of_error(error, taken < size ? data + taken : "");
	if (request->status != 0)
		request->state = REQUEST_REFUSED;
	return taken;
}

const char *request_value(const struct request *request, enum request_header header)
{
	const struct request_value *value = &request->value[header];

	return value->seen == 1 && !value->cut ? value->text : NULL;
}
