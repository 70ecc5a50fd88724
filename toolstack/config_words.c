/* SPDX-License-Identifier: BSD-2-Clause */
/* A device by itself, out of the words of a command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "toolstack/config_parse.h"

int config_words(config_take_words *take, char *const words[], size_t count, void *into)
{
	/* What libxlutil has to say is said by ours, with the place and the remedy. */
	FILE *nowhere = fopen("/dev/null", "we");
	char *directory = get_current_dir_name();
	struct config_parse parse = {
		.filename = "command line",
		.text = "",
		.directory = directory ? directory : "",
	};

	parse.xlu = nowhere ? xlu_cfg_init(nowhere, parse.filename) : NULL;
	if (parse.xlu)
		take(&parse, words, count, into);
	else
		parse.error = -ENOMEM;
	if (parse.xlu)
		xlu_cfg_destroy(parse.xlu);
	if (nowhere)
		fclose(nowhere);
	free(directory);
	return parse.error;
}
