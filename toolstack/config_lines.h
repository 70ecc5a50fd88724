/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where in the text of a configuration a setting stands. libxlutil keeps the
 * line numbers to itself and cannot list the settings; this reads just enough of
 * the syntax (names, strings, brackets, comments) to tell. Only used to word
 * messages, and only on text that libxlutil has accepted.
 */
#ifndef TOOLSTACK_CONFIG_LINES_H
#define TOOLSTACK_CONFIG_LINES_H

#include <stdbool.h>

struct config_position {
	const char *next; /* where the search goes on */
	unsigned line;	  /* of `next', from 1 */
};

struct config_setting {
	char name[64];	       /* cut short if longer */
	unsigned line;	       /* of the name */
	unsigned element_line; /* of the list element that was asked for, 0 if there is none */
};

/* The next setting, and where its list element `element' (from 0; -1: none) is; false at the end. */
bool config_next_setting(struct config_position *position, int element,
			 struct config_setting *setting);

/* Line of element `element' of the list `name', or of its name if that is -1; 0 if there is none. */
unsigned config_find_line(const char *text, const char *name, int element);

#endif
