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

/* A copy of `path', made absolute; NULL (and the error noted) when out of memory. */
char *config_path(struct config_parse *parse, const char *path);
char *config_copy(struct config_parse *parse, const char *text);

/* One element of vif=[...] and disk=[...]. */
void config_parse_vif(struct config_parse *parse, int element, const char *spec,
		      struct config_vif *vif);
void config_parse_disk(struct config_parse *parse, int element, const char *spec,
		       struct config_disk *disk);

#endif
