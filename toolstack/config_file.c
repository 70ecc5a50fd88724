/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/config.h"
#include "toolstack/message.h"

#define FILE_SIZE_MAX (1u << 20)

/* The whole file as text, for the caller to free: 0 or -errno. */
static int read_text(const char *filename, char **text)
{
	FILE *file = fopen(filename, "re");
	size_t size;
	int error = 0;

	if (!file)
		return -errno;
	*text = malloc(FILE_SIZE_MAX + 1);
	if (!*text) {
		fclose(file);
		return -ENOMEM;
	}
	size = fread(*text, 1, FILE_SIZE_MAX + 1, file);
	if (ferror(file))
		error = errno ? -errno : -EIO;
	else if (size > FILE_SIZE_MAX)
		error = -EFBIG;
	else if (memchr(*text, '\0', size))
		error = -EILSEQ;
	else
		(*text)[size] = '\0';
	fclose(file);
	if (error)
		free(*text);
	return error;
}

/* Where the file is, absolute: the monitor works from elsewhere. NULL if that cannot be told. */
static char *directory_of(const char *filename)
{
	char *whole = realpath(filename, NULL), *directory;

	if (!whole)
		return NULL;
	directory = strdup(dirname(whole));
	free(whole);
	return directory;
}

int config_read(struct config *config, const char *filename, char *const overrides[],
		size_t override_count)
{
	char *text = NULL, *directory;
	int error = read_text(filename, &text);

	*config = (struct config){0};
	if (error) {
		message_error("cannot read the configuration %s: %s", filename,
			      error == -EILSEQ ? "it is no text" : strerror(-error));
		return error;
	}
	directory = directory_of(filename);
	error = directory
			? config_parse(config, filename, text, directory, overrides, override_count)
			: -ENOMEM;
	free(directory);
	free(text);
	return error;
}
