/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h> /* for MAX_GUEST_CMDLINE of xen/xen.h */

#include "toolstack/config_lines.h"
#include "toolstack/config_parse.h"
#include "toolstack/identity.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

#define MEMORY_MIB_DEFAULT     32 /* as libxl */
#define MEMORY_MIB_MAX	       (UINT64_C(16) << 20)
#define VCPUS_MAX	       8192
#define EVENT_CHANNELS_DEFAULT 1023 /* as libxl */

const char *const config_action_names[ACTION_COUNT] = {
	[ACTION_DESTROY] = "destroy",
	[ACTION_RESTART] = "restart",
	[ACTION_RENAME_RESTART] = "rename-restart",
	[ACTION_PRESERVE] = "preserve",
};

/* What a file may say. The rest is warned about, with its line. */
static const char *const known_settings[] = {
	"name",
	"type",
	"builder",
	"uuid",
	"kernel",
	"ramdisk",
	"cmdline",
	"extra",
	"root",
	"memory",
	"maxmem",
	"vcpus",
	"maxvcpus",
	"vif",
	"disk",
	"on_reboot",
	"on_poweroff",
	"on_crash",
	"on_watchdog",
	"tsc_mode",
	"timer_mode",
	"nomigrate",
	"hap",
	"shadow_memory",
	"nestedhvm",
	"pvshim",
	"acpi",
	"bootloader",
	"max_grant_frames",
	"max_maptrack_frames",
	"max_event_channels",
};

static void parse_identity(struct config_parse *parse)
{
	struct config *config = parse->config;
	const char *name = config_text(parse, "name");
	const char *uuid = config_text(parse, "uuid");

	if (!name || !*name) {
		config_fail(parse, "name", -1, "is missing; add name=\"...\"");
	} else {
		config->name = config_copy(parse, name);
		for (const char *p = name; *p; p++) {
			if (*p == '/' || (unsigned char)*p < 0x20 || *p == 0x7f) {
				config_fail(parse, "name", -1,
					    "must not contain '/' or control characters");
				break;
			}
		}
		if (strlen(name) > 200)
			config_fail(parse, "name", -1, "is longer than 200 bytes");
	}
	if (!uuid)
		identity_uuid(config->uuid);
	else if (!text_to_uuid(uuid, config->uuid))
		config_fail(parse, "uuid", -1,
			    "'%s' does not look like 01234567-89ab-cdef-0123-456789abcdef", uuid);
}

static void parse_kernel(struct config_parse *parse)
{
	struct config *config = parse->config;
	const char *kernel = config_text(parse, "kernel");
	const char *ramdisk = config_text(parse, "ramdisk");
	const char *cmdline = config_text(parse, "cmdline");
	const char *extra = config_text(parse, "extra");
	const char *root = config_text(parse, "root");

	if (config_text(parse, "bootloader"))
		config_fail(parse, "bootloader", -1,
			    "lodge runs no boot loader; name the image with kernel=");
	if (kernel && *kernel)
		config->kernel = config_path(parse, kernel);
	else
		config_fail(parse, "kernel", -1, "is missing; add kernel=\"IMAGE\"");
	if (ramdisk && *ramdisk)
		config->ramdisk = config_path(parse, ramdisk);

	if (cmdline) {
		if (root || extra)
			config_warn(parse, root ? "root" : "extra", -1,
				    "is ignored, because cmdline is set");
		config->cmdline = config_copy(parse, cmdline);
	} else {
		config->cmdline = config_take(
			parse, text_format("%s%s%s%s", root ? "root=" : "", root ? root : "",
					   root && extra ? " " : "", extra ? extra : ""));
	}
	/* start_info has so much room for it, the NUL included. */
	if (config->cmdline && strlen(config->cmdline) >= MAX_GUEST_CMDLINE)
		config_fail(parse, cmdline ? "cmdline" : "extra", -1,
			    "the command line is longer than %d bytes", MAX_GUEST_CMDLINE - 1);
}

static void parse_resources(struct config_parse *parse)
{
	struct config *config = parse->config;
	uint64_t vcpus = 1, maxvcpus, number;

	config->memory_mib = MEMORY_MIB_DEFAULT;
	config_number(parse, "memory", 1, MEMORY_MIB_MAX, &config->memory_mib);
	config->maxmem_mib = config->memory_mib;
	config_number(parse, "maxmem", 1, MEMORY_MIB_MAX, &config->maxmem_mib);
	if (config->maxmem_mib < config->memory_mib)
		config_fail(parse, "maxmem", -1, "is less than memory (%llu)",
			    (unsigned long long)config->memory_mib);
	else if (config->maxmem_mib > config->memory_mib && config->type == TYPE_PVH)
		config_warn(parse, "maxmem", -1,
			    "a pvh domain without a balloon driver crashes when it uses more "
			    "than memory (%llu)",
			    (unsigned long long)config->memory_mib);

	config_number(parse, "vcpus", 1, VCPUS_MAX, &vcpus);
	maxvcpus = vcpus;
	config_number(parse, "maxvcpus", 1, VCPUS_MAX, &maxvcpus);
	if (maxvcpus < vcpus)
		config_fail(parse, "maxvcpus", -1, "is less than vcpus (%llu)",
			    (unsigned long long)vcpus);
	config->vcpus = (unsigned)vcpus;
	config->maxvcpus = (unsigned)maxvcpus;

	number = EVENT_CHANNELS_DEFAULT;
	config_number(parse, "max_event_channels", 1, 131071, &number);
	config->max_event_channels = (unsigned)number;
	number = UINT64_MAX;
	config_number(parse, "max_grant_frames", 1, 65536, &number);
	config->max_grant_frames = number == UINT64_MAX ? -1 : (int)number;
	number = UINT64_MAX;
	config_number(parse, "max_maptrack_frames", 0, 65536, &number);
	config->max_maptrack_frames = number == UINT64_MAX ? -1 : (int)number;
}

static void parse_tsc(struct config_parse *parse)
{
	static const char *const modes[TSC_COUNT] = {"default", "always_emulate", "native"};
	unsigned mode = TSC_DEFAULT;

	config_choice(parse, "tsc_mode", modes, TSC_COUNT, &mode);
	parse->config->tsc_mode = (enum config_tsc_mode)mode;
	parse->config->nomigrate = config_switch(parse, "nomigrate") > 0;
}

static enum config_action parse_action(struct config_parse *parse, const char *key,
				       enum config_action otherwise)
{
	const char *value = config_text(parse, key);

	if (!value)
		return otherwise;
	for (unsigned i = 0; i < ACTION_COUNT; i++)
		if (!strcmp(value, config_action_names[i]))
			return (enum config_action)i;
	if (!strcmp(value, "coredump-destroy") || !strcmp(value, "coredump-restart"))
		config_fail(parse, key, -1,
			    "lodge cannot write core dumps; use preserve, then `xl dump-core'");
	else
		config_fail(parse, key, -1,
			    "'%s' is none of destroy, restart, rename-restart, preserve", value);
	return otherwise;
}

/* The list `key': its length, 0 if there is none. */
static size_t get_list(struct config_parse *parse, const char *key, XLU_ConfigList **list)
{
	int count = 0, error = xlu_cfg_get_list(parse->xlu, key, list, &count, 1);

	if (error == EINVAL)
		config_fail(parse, key, -1, "must be a list: %s=[ \"...\" ]", key);
	return error ? 0 : (size_t)count;
}

static void parse_devices(struct config_parse *parse)
{
	struct config *config = parse->config;
	XLU_ConfigList *list;
	size_t count;

	count = get_list(parse, "vif", &list);
	if (count) {
		config->vifs = calloc(count, sizeof(*config->vifs));
		if (!config_take(parse, (char *)config->vifs))
			return;
	}
	for (; config->vif_count < count; config->vif_count++) {
		int element = (int)config->vif_count;
		const char *spec = xlu_cfg_get_listitem(list, element);

		if (spec)
			config_parse_vif(parse, element, spec, &config->vifs[element]);
		else
			config_fail(parse, "vif", element, "must be a string");
	}

	count = get_list(parse, "disk", &list);
	if (count) {
		config->disks = calloc(count, sizeof(*config->disks));
		if (!config_take(parse, (char *)config->disks))
			return;
	}
	for (; config->disk_count < count; config->disk_count++) {
		int element = (int)config->disk_count;
		const char *spec = xlu_cfg_get_listitem(list, element);

		if (!spec) {
			config_fail(parse, "disk", element, "must be a string");
			continue;
		}
		config_parse_disk(parse, element, &spec, 1, &config->disks[element]);
		for (int other = 0; other < element; other++)
			if (config->disks[other].devid == config->disks[element].devid &&
			    config->disks[other].vdev && config->disks[element].vdev)
				config_fail(parse, "disk", element, "another disk is already '%s'",
					    config->disks[element].vdev);
	}
}

static void warn_of_unknown(struct config_parse *parse)
{
	struct config_position position = {.next = parse->text, .line = 1};
	struct config_setting setting;

	while (config_next_setting(&position, -1, &setting)) {
		bool known = false;

		for (size_t i = 0; i < sizeof(known_settings) / sizeof(known_settings[0]); i++)
			known = known || !strcmp(setting.name, known_settings[i]);
		if (!known)
			config_warn(parse, setting.name, -1,
				    "is ignored: lodge has no such setting");
	}
}

/* What libxlutil has to say, a line each. */
static void show_report(char *report)
{
	char *rest = report, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			message_error("%s", line);
}

static int parse_text(struct config_parse *parse, size_t length)
{
	char *report = NULL;
	size_t report_size = 0;
	FILE *stream = open_memstream(&report, &report_size);
	int error = -ENOMEM;

	parse->xlu = stream ? xlu_cfg_init(stream, parse->filename) : NULL;
	if (parse->xlu) {
		error = -xlu_cfg_readdata(parse->xlu, parse->text, (int)length);
		fflush(stream);
		if (!error) {
			config_parse_type(parse);
			parse_identity(parse);
			parse_kernel(parse);
			parse_resources(parse);
			parse_tsc(parse);
			parse->config->on_poweroff =
				parse_action(parse, "on_poweroff", ACTION_DESTROY);
			parse->config->on_reboot = parse_action(parse, "on_reboot", ACTION_RESTART);
			parse->config->on_crash = parse_action(parse, "on_crash", ACTION_DESTROY);
			parse->config->on_watchdog =
				parse_action(parse, "on_watchdog", ACTION_DESTROY);
			parse_devices(parse);
			warn_of_unknown(parse);
			error = parse->error;
		}
	}
	if (stream)
		fclose(stream);
	if (report)
		show_report(report);
	free(report);
	xlu_cfg_destroy(parse->xlu);
	return error;
}

int config_parse(struct config *config, const char *filename, const char *text,
		 const char *directory, char *const overrides[], size_t override_count)
{
	struct config_parse parse = {
		.config = config,
		.filename = filename,
		.directory = directory,
	};
	char *whole = NULL;
	size_t size = 0;
	FILE *stream;
	int error;

	*config = (struct config){0};
	stream = open_memstream(&whole, &size);
	if (!stream)
		return -ENOMEM;
	fprintf(stream, "%s\n", text);
	for (const char *p = text; *p; p++)
		parse.file_lines += *p == '\n';
	parse.file_lines++;
	for (size_t i = 0; i < override_count; i++)
		fprintf(stream, "%s\n", overrides[i]);
	if (fclose(stream)) {
		free(whole);
		return -ENOMEM;
	}
	parse.text = whole;
	error = parse_text(&parse, size);
	if (error && !*message_first_error())
		message_error("%s: %s", filename, strerror(-error));
	free(whole);
	return error;
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->vif_count; i++)
		config_free_vif(&config->vifs[i]);
	for (size_t i = 0; i < config->disk_count; i++)
		config_free_disk(&config->disks[i]);
	free(config->vifs);
	free(config->disks);
	free(config->name);
	free(config->kernel);
	free(config->ramdisk);
	free(config->cmdline);
	*config = (struct config){0};
}
