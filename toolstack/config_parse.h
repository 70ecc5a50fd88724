/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files that together turn the text of a configuration into a struct config. */
#ifndef TOOLSTACK_CONFIG_PARSE_H
#define TOOLSTACK_CONFIG_PARSE_H

#include <libxlutil.h>

#include "toolstack/config.h"

struct config_parse {
	XLU_Config *xlu;
	struct config *config;
	const char *filename;
	const char *text;    /* of the file and of the overrides behind it */
	unsigned file_lines; /* lines after these come from the command line */
	const char *directory;
	int error; /* the first one: parsing goes on, to show the others as well */
};

/* Prints FILE:LINE and the message; `element' of the list `key', or -1. */
void config_fail(struct config_parse *parse, const char *key, int element, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void config_warn(struct config_parse *parse, const char *key, int element, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* `allocated', noting the error if that is NULL. */
char *config_take(struct config_parse *parse, char *allocated);
/* Copies; that of a path is absolute. */
char *config_path(struct config_parse *parse, const char *path);
char *config_copy(struct config_parse *parse, const char *text);

/* The value of `key' if it is set to a single one, else NULL. */
const char *config_text(struct config_parse *parse, const char *key);

/* These leave *number or *choice alone if `key' is not set, or set to something else. */
void config_number(struct config_parse *parse, const char *key, uint64_t low, uint64_t high,
		   uint64_t *number);
/* One of `count' names, or its index, as xl still takes it. */
void config_choice(struct config_parse *parse, const char *key, const char *const names[],
		   unsigned count, unsigned *choice);

/* A switch: xl takes 0 as no and any other number as yes. -1 if it is not set. */
int config_switch(struct config_parse *parse, const char *key);

/* The type, and the settings that only some types have. */
void config_parse_type(struct config_parse *parse);

/* One element of vif=[...] and disk=[...]. */
void config_parse_vif(struct config_parse *parse, int element, const char *spec,
		      struct config_vif *vif);
/* A disk may be spread over several words. */
void config_parse_disk(struct config_parse *parse, int element, const char *const specs[],
		       size_t count, struct config_disk *disk);

/* Has `take' make a device of words that stand by themselves: 0, -EINVAL or -ENOMEM. */
typedef void config_take_words(struct config_parse *parse, char *const words[], size_t count,
			       void *into);
int config_words(config_take_words *take, char *const words[], size_t count, void *into);

#endif
