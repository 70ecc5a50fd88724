/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A JSON writer that cannot write invalid JSON: commas and quotes are its own
 * business, and text that is not UTF-8 is sanitised.
 *
 *	json_open(&json, NULL, '{');
 *	json_text(&json, "name", "web");
 *	json_close(&json);
 *
 * A NULL key is for the elements of an array and for the outermost value.
 */
#ifndef TOOLSTACK_JSON_H
#define TOOLSTACK_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 8

struct json {
	FILE *file;
	unsigned depth;
	char closing[JSON_DEPTH]; /* '}' or ']' of each open value */
	bool used[JSON_DEPTH];	  /* a value was written at this depth: a comma comes first */
};

void json_init(struct json *json, FILE *file);
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json); /* ends the line with the outermost value */
void json_text(struct json *json, const char *key, const char *text); /* NULL text is null */
void json_number(struct json *json, const char *key, int64_t number);
void json_bool(struct json *json, const char *key, bool value);

#endif
