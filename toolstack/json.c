/* SPDX-License-Identifier: BSD-2-Clause */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/json.h"
#include "toolstack/text.h"

void json_init(struct json *json, FILE *file)
{
	*json = (struct json){.file = file};
}

static void write_text(struct json *json, const char *text)
{
	char *clean = strdup(text);

	/* Text that there is no memory to look at is not written. */
	if (clean)
		text_sanitise(clean);
	putc('"', json->file);
	for (const char *p = clean ? clean : "?"; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', json->file);
		putc(*p, json->file);
	}
	putc('"', json->file);
	free(clean);
}

static void begin(struct json *json, const char *key)
{
	if (json->depth) {
		bool *used = &json->used[json->depth - 1];

		if (*used)
			putc(',', json->file);
		*used = true;
	}
	if (key) {
		write_text(json, key);
		putc(':', json->file);
	}
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	assert(json->depth < JSON_DEPTH);
	json->closing[json->depth] = bracket == '{' ? '}' : ']';
	json->used[json->depth++] = false;
	putc(bracket, json->file);
}

void json_close(struct json *json)
{
	assert(json->depth > 0);
	putc(json->closing[--json->depth], json->file);
	if (!json->depth) {
		putc('\n', json->file);
		fflush(json->file);
	}
}

void json_text(struct json *json, const char *key, const char *text)
{
	begin(json, key);
	if (text)
		write_text(json, text);
	else
		fputs("null", json->file);
}

void json_number(struct json *json, const char *key, int64_t number)
{
	begin(json, key);
	fprintf(json->file, "%lld", (long long)number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->file);
}
