/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/text.h"

/* Length of the printable UTF-8 character at `p', 0 if it is none. */
static size_t character_length(const unsigned char *p)
{
	size_t length;
	uint32_t code;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f ? 1 : 0;
	if ((p[0] & 0xe0) == 0xc0) {
		length = 2;
		code = p[0] & 0x1fu;
	} else if ((p[0] & 0xf0) == 0xe0) {
		length = 3;
		code = p[0] & 0x0fu;
	} else if ((p[0] & 0xf8) == 0xf0) {
		length = 4;
		code = p[0] & 0x07u;
	} else {
		return 0;
	}
	/* A terminating NUL is no continuation byte: this never reads past the end. */
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3fu);
	}
	if (code < (length == 2 ? 0x80u : length == 3 ? 0x800u : 0x10000u))
		return 0; /* overlong: another spelling of a shorter character */
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	if (code < 0xa0 || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return 0; /* C1 controls; marks that reverse the text around them */
	return length;
}

void text_sanitise(char *text)
{
	for (char *p = text; *p;) {
		size_t length = character_length((const unsigned char *)p);

		if (length) {
			p += length;
		} else {
			*p++ = '?';
		}
	}
}

bool text_to_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	}
	if (value < low || value > high)
		return false;
	*number = value;
	return true;
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_to_uuid(const char *text, uint8_t uuid[16])
{
	for (size_t i = 0; i < 16; i++) {
		int high, low;

		if (i == 4 || i == 6 || i == 8 || i == 10) {
			if (*text++ != '-')
				return false;
		}
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		uuid[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return !*text;
}

void text_from_uuid(char text[UUID_TEXT_SIZE], const uint8_t uuid[16])
{
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		text += snprintf(text, 3, "%02x", uuid[i]);
	}
}

bool text_to_mac(const char *text, uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
		text += 3;
	}
	return true;
}

void text_from_mac(char text[MAC_TEXT_SIZE], const uint8_t mac[6])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}
