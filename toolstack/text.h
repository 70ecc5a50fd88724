/* SPDX-License-Identifier: BSD-2-Clause */
/* Small pure functions on text that came from outside. */
#ifndef TOOLSTACK_TEXT_H
#define TOOLSTACK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Replaces, in place, every control character (C0, DEL, and C1 as UTF-8) and
 * every byte that is not part of well-formed UTF-8 by '?'.
 */
void text_sanitise(char *text);

/* The whole of `text' is a decimal number from `low' to `high': stores it and says true. */
bool text_to_number(const char *text, uint64_t low, uint64_t high, uint64_t *number);

/* Like strdup, but formatted; NULL when out of memory. The caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 16 bytes <-> 8-4-4-4-12 hexadecimal digits. */
#define UUID_TEXT_SIZE 37
bool text_to_uuid(const char *text, uint8_t uuid[16]);
void text_from_uuid(char text[UUID_TEXT_SIZE], const uint8_t uuid[16]);

/* Six bytes in hexadecimal, two digits each, divided by colons. */
#define MAC_TEXT_SIZE 18
bool text_to_mac(const char *text, uint8_t mac[6]);
void text_from_mac(char text[MAC_TEXT_SIZE], const uint8_t mac[6]);

#endif
