/* SPDX-License-Identifier: BSD-2-Clause */
#include "xenbus/wire.h"

#include <errno.h>
#include <string.h>

int wire_encode(void *out, size_t size, struct xsd_sockmsg *header, const struct wire_part part[],
		size_t parts)
{
	size_t len = 0;
	for (size_t i = 0; i < parts; i++) {
		if (part[i].len > XENSTORE_PAYLOAD_MAX - len)
			return -E2BIG;
		len += part[i].len;
	}
	header->len = (uint32_t)len;

	size_t total = sizeof(*header) + len;
	if (out == NULL)
		return (int)total;
	if (total > size)
		return -E2BIG;

	char *to = out;
	memcpy(to, header, sizeof(*header));
	to += sizeof(*header);
	for (size_t i = 0; i < parts; i++) {
		memcpy(to, part[i].data, part[i].len);
		to += part[i].len;
	}
	return (int)total;
}

void *wire_reader_space(struct wire_reader *reader, size_t *space)
{
	if (reader->complete) {
		reader->complete = false;
		reader->have = 0;
	}
	if (reader->have < sizeof(reader->header)) {
		*space = sizeof(reader->header) - reader->have;
		return (char *)&reader->header + reader->have;
	}
	/* The header was checked when it became whole: len is at most XENSTORE_PAYLOAD_MAX. */
	size_t have = reader->have - sizeof(reader->header);
	*space = reader->header.len - have;
	return reader->payload + have;
}

int wire_reader_advance(struct wire_reader *reader, size_t bytes)
{
	size_t header = sizeof(reader->header);

	reader->have += bytes;
	if (reader->have < header)
		return 0;
	/* Also true when the payload is there already; it costs nothing to look twice. */
	if (reader->header.len > XENSTORE_PAYLOAD_MAX || reader->header.type >= XS_TYPE_COUNT)
		return -EPROTO;
	if (reader->have - header < reader->header.len)
		return 0;
	reader->payload[reader->header.len] = '\0';
	reader->complete = true;
	return 1;
}

int wire_error(const char *payload, size_t len)
{
	size_t at = 0;
	const char *name = wire_string(payload, len, &at);

	/* Xen's header lists the names, each with the errno of whoever includes it: ours. */
	for (size_t i = 0; name != NULL && i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (strcmp(name, xsd_errors[i].errstring) == 0)
			return -xsd_errors[i].errnum;
	return -EIO;
}

const char *wire_string(const char *payload, size_t len, size_t *at)
{
	if (*at >= len)
		return NULL;
	const char *string = payload + *at;
	const char *end = memchr(string, '\0', len - *at);
	if (end == NULL)
		return NULL;
	*at += (size_t)(end - string) + 1;
	return string;
}

bool wire_number(const char *text, uint64_t *value)
{
	uint64_t number = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*value = number;
	return true;
}
