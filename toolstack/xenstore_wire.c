/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "toolstack/xenstore_wire.h"

static char *batch_reserve(struct xenstore_batch *batch, size_t more)
{
	if (batch->size + more > batch->capacity) {
		size_t capacity = (batch->size + more) * 2;
		char *data = realloc(batch->data, capacity);

		if (!data) {
			batch->failed = true;
			return NULL;
		}
		batch->data = data;
		batch->capacity = capacity;
	}
	batch->size += more;
	return batch->data + batch->size - more;
}

void wire_append(struct xenstore_batch *batch, uint32_t type, uint32_t transaction,
		 const char *const parts[], size_t count)
{
	struct xsd_sockmsg header = {
		.type = type,
		.tx_id = transaction,
	};
	size_t length = 0;
	char *out;

	for (size_t i = 0; i < count; i++)
		length += strlen(parts[i]) + 1;
	/* A written value ends where the message ends: no NUL belongs to it. */
	if (type == XS_WRITE)
		length--;
	if (length > XENSTORE_PAYLOAD_MAX) {
		batch->failed = true;
		return;
	}
	header.len = (uint32_t)length;
	header.req_id = ++batch->count;

	out = batch_reserve(batch, sizeof(header) + length);
	if (!out)
		return;
	memcpy(out, &header, sizeof(header));
	out += sizeof(header);
	for (size_t i = 0; i < count; i++) {
		size_t part = strlen(parts[i]) + 1;

		if (part > length)
			part = length;
		memcpy(out, parts[i], part);
		out += part;
		length -= part;
	}
}

int wire_parse(const char *data, size_t size, struct xsd_sockmsg *header)
{
	if (size < sizeof(*header))
		return 0;
	memcpy(header, data, sizeof(*header));
	if (header->len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	if (size - sizeof(*header) < header->len)
		return 0;
	return (int)(sizeof(*header) + header->len);
}

int wire_error(const char *payload, size_t size)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++) {
		size_t length = strlen(xsd_errors[i].errstring);

		if (size >= length && !memcmp(payload, xsd_errors[i].errstring, length) &&
		    (size == length || !payload[length]))
			return -xsd_errors[i].errnum;
	}
	return -EIO;
}
