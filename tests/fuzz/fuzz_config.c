/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: lodge's reading of a configuration, libxlutil's part included.
 * Why:  a file may come from anybody, and lodge reads it as root.
 * How:  the input is the text; what is accepted must hold together; every message is formatted.
 *       An input that has a zero byte is two: a file, and an override behind it.
 */
#include "tests/fuzz/fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/config.h"
#include "toolstack/message.h"

/* In the place of message.c: formats, and keeps quiet. */
void message(enum message_level level, const char *format, ...)
{
	char text[4096];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
}

const char *message_first_error(void)
{
	return "";
}

static void use(const struct config *config)
{
	if (!config->name || !config->kernel || !config->memory_mib ||
	    config->vcpus > config->maxvcpus)
		abort();
	for (size_t i = 0; i < config->vif_count; i++)
		if (!config->vifs[i].bridge)
			abort();
	for (size_t i = 0; i < config->disk_count; i++)
		if (!config->disks[i].vdev || !config->disks[i].target)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;
	char *text = malloc(size + 2), *override;

	memcpy(text, data, size);
	text[size] = text[size + 1] = '\0';
	override = text + strlen(text) + 1;
	memset(&config, 0, sizeof(config));
	if (config_parse(&config, "fuzz.cfg", text, "/tmp", &override, override < text + size) == 0)
		use(&config);
	config_free(&config);
	free(text);
	return 0;
}
