/* SPDX-License-Identifier: BSD-2-Clause */
#include "unikernel/core/format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Where the characters go; length counts also those that no longer fit. */
struct out {
	char *buf;
	size_t size;
	size_t length;
};

static void out_char(struct out *out, char c)
{
	if (out->length + 1 < out->size)
		out->buf[out->length] = c;
	out->length++;
}

/* One conversion: %[-0][width][.precision][length]letter. */
struct spec {
	bool left, zero;
	size_t width;
	size_t precision;   /* SIZE_MAX: none */
	unsigned int bytes; /* of an integer */
};

static void out_padded(struct out *out, const struct spec *spec, const char *sign, const char *text,
		       size_t length)
{
	size_t sign_length = strlen(sign);
	size_t used = sign_length + length;
	size_t padding = spec->width > used ? spec->width - used : 0;

	/* Blanks go before the sign, zeros behind it. */
	for (size_t i = 0; !spec->left && !spec->zero && i < padding; i++)
		out_char(out, ' ');
	for (size_t i = 0; i < sign_length; i++)
		out_char(out, sign[i]);
	for (size_t i = 0; !spec->left && spec->zero && i < padding; i++)
		out_char(out, '0');
	for (size_t i = 0; i < length; i++)
		out_char(out, text[i]);
	for (size_t i = 0; spec->left && i < padding; i++)
		out_char(out, ' ');
}

static void out_number(struct out *out, const struct spec *spec, const char *sign, uint64_t value,
		       unsigned int base, const char *digits)
{
	char text[24];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	out_padded(out, spec, sign, text + at, sizeof(text) - at);
}

static void out_string(struct out *out, struct spec *spec, const char *s)
{
	if (!s)
		s = "(null)";
	spec->zero = false;
	out_padded(out, spec, "", s, strnlen(s, spec->precision));
}

static uint64_t cut(uint64_t value, unsigned int bytes)
{
	return bytes < 8 ? value & ((1ull << (8 * bytes)) - 1) : value;
}

static void out_signed(struct out *out, const struct spec *spec, uint64_t raw)
{
	uint64_t sign_bit = 1ull << (8 * spec->bytes - 1);
	uint64_t value = cut(raw, spec->bytes);
	bool negative = value & sign_bit;

	out_number(out, spec, negative ? "-" : "", negative ? cut(-value, spec->bytes) : value, 10,
		   "0123456789");
}

/* Flags, width and precision. An int taken from the arguments goes through *star. */
static const char *spec_parse(struct spec *spec, const char *fmt, va_list *args)
{
	*spec = (struct spec){.precision = SIZE_MAX, .bytes = sizeof(int)};
	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else
			break;
	}
	if (*fmt == '*') {
		int width = va_arg(*args, int);

		spec->left |= width < 0;
		spec->width = (size_t)(width < 0 ? -(long)width : width);
		fmt++;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		spec->width = 10 * spec->width + (size_t)(*fmt - '0');
	if (*fmt == '.') {
		fmt++;
		spec->precision = 0;
		if (*fmt == '*') {
			int precision = va_arg(*args, int);

			spec->precision = precision < 0 ? SIZE_MAX : (size_t)precision;
			fmt++;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			spec->precision = 10 * spec->precision + (size_t)(*fmt - '0');
	}
	for (;; fmt++) {
		if (*fmt == 'h')
			spec->bytes /= 2;
		else if (*fmt == 'l' || *fmt == 'z' || *fmt == 'j' || *fmt == 't')
			spec->bytes = 8;
		else
			return fmt;
	}
}

int vformat(char *buf, size_t size, const char *fmt, va_list arguments)
{
	struct out out = {.buf = buf, .size = size};
	va_list args;

	va_copy(args, arguments); /* as an object whose address can be passed on */
	for (; *fmt; fmt++) {
		const char *percent = fmt;
		struct spec spec;
		char letter;

		if (*fmt != '%') {
			out_char(&out, *fmt);
			continue;
		}
		fmt = spec_parse(&spec, fmt + 1, &args);
		letter = *fmt;
		if (letter == 'd' || letter == 'i') {
			uint64_t raw = spec.bytes == 8 ? (uint64_t)va_arg(args, long)
						       : (uint64_t)va_arg(args, int);

			out_signed(&out, &spec, raw);
		} else if (letter == 'u' || letter == 'x' || letter == 'X') {
			uint64_t raw = spec.bytes == 8 ? va_arg(args, unsigned long)
						       : va_arg(args, unsigned int);

			out_number(&out, &spec, "", cut(raw, spec.bytes), letter == 'u' ? 10 : 16,
				   letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef");
		} else if (letter == 'p') {
			out_number(&out, &spec, "0x", (uintptr_t)va_arg(args, void *), 16,
				   "0123456789abcdef");
		} else if (letter == 's') {
			out_string(&out, &spec, va_arg(args, const char *));
		} else if (letter == 'c') {
			char c = (char)va_arg(args, int);

			out_padded(&out, &spec, "", &c, 1);
		} else if (letter == '%') {
			out_char(&out, '%');
		} else { /* unknown: as it stands, and the end of the format is the end */
			for (; percent <= fmt && *percent; percent++)
				out_char(&out, *percent);
			if (!letter)
				break;
		}
	}
	va_end(args);
	if (size)
		buf[out.length < size ? out.length : size - 1] = '\0';
	return (int)out.length;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vformat(buf, size, fmt, args);
	va_end(args);
	return length;
}
