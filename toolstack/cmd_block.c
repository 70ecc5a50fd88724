/* SPDX-License-Identifier: BSD-2-Clause */
/* block-list, block-attach and block-detach, after xl's of the same names. */
#include <stdio.h>
#include <string.h>

#include "toolstack/cli_device.h"
#include "toolstack/disk_plug.h"
#include "toolstack/message.h"
#include "toolstack/text.h"

/* --- list --- */

static void list_object(struct json *json, const struct listed *disk)
{
	json_text(json, "vdev", disk->field[DISK_VDEV]);
	json_text(json, "target", disk->field[DISK_TARGET]);
	json_text(json, "mode", disk->field[DISK_MODE]);
}

static void list_heads(void)
{
	printf("%-5s %-3s %-6s %-5s %-6s %-8s %s\n", "Vdev", "BE", "handle", "state", "evt-ch",
	       "ring-ref", "BE-path");
}

/* A ring of several pages has ring-ref0 and so on instead: -1, as with xl. */
static void list_row(struct listed *disk, uint32_t domid)
{
	printf("%-5u %-3llu %-6u %-5lld %-6lld %-8lld %s\n", disk->device,
	       (unsigned long long)disk->owner, domid, (long long)disk->state,
	       (long long)disk->event_channel, (long long)listed_number(disk, DISK_RING),
	       listed_backend(disk));
}

static enum exit_code run_list(struct cli *cli, int argc, char **argv)
{
	static const struct cli_listing listing = {
		.kind = &disk_kind,
		.array = "disks",
		.object = list_object,
		.heads = list_heads,
		.row = list_row,
	};

	return cli_list(cli, argc, argv, &listing);
}

const struct command command_block_list = {
	.name = "block-list",
	.usage = "DOMAIN",
	.summary = "List the disks of a domain.",
	.options = "",
	.run = run_list,
};

/* --- attach --- */

static int attach(struct lookup *lookup, uint32_t domid, void *context)
{
	int error = cli_check_running(lookup, domid, "disk");

	return error ? error : disk_plug_in(lookup, domid, context);
}

static void attach_tell(struct cli *cli, uint32_t domid, const struct config_disk *disk)
{
	struct json json;

	message_info("domain %u has the disk %s", domid, disk->vdev);
	if (!cli->json)
		return;
	json_init(&json, stdout);
	json_open(&json, NULL, '{');
	json_number(&json, "domid", domid);
	json_number(&json, "devid", disk->devid);
	json_text(&json, "vdev", disk->vdev);
	json_close(&json);
}

static enum exit_code run_attach(struct cli *cli, int argc, char **argv)
{
	struct config_disk disk;
	enum exit_code code;
	uint32_t domid;
	int error;

	if (!cli_operands(cli, argc, argv, 2, INT_MAX, "name a domain and describe a disk", &code))
		return code;
	if (config_parse_disk_words(&disk, argv + optind + 1, (size_t)(argc - optind - 1))) {
		config_free_disk(&disk);
		return cli_fail(cli, EXIT_CONFIG);
	}
	error = cli_work_on(argv[optind], &domid, attach, &disk);
	if (!error)
		attach_tell(cli, domid, &disk);
	config_free_disk(&disk);
	return cli_attached(cli, error);
}

const struct command command_block_attach = {
	.name = "block-attach",
	.usage = "DOMAIN DISK...",
	.summary = "Give a running domain another disk.",
	.options = "  DISK is as an element of disk=[...]: "
		   "format=raw,vdev=xvdb,access=rw,target=FILE.\n"
		   "  Several words are taken as one, divided by commas.\n",
	.run = run_attach,
};

/* --- detach --- */

/* By its name, or by its number. */
static bool match(const struct listed *disk, const char *name)
{
	uint64_t number;
	unsigned devid;

	if (text_to_number(name, 0, UINT32_MAX, &number))
		return disk->device == number;
	return config_vdev(name, &devid) && disk->device == devid;
}

static enum exit_code run_detach(struct cli *cli, int argc, char **argv)
{
	static const struct cli_detach detach = {
		.kind = &disk_kind,
		.noun = "disk",
		.complaint = "name a domain and one of its disks",
		.list = "block-list",
		.match = match,
		.take = disk_plug_out,
	};

	return cli_detach(cli, argc, argv, &detach);
}

const struct command command_block_detach = {
	.name = "block-detach",
	.usage = "[-f] [--timeout SECONDS] DOMAIN VDEV|DEVID",
	.summary = "Take a disk away from a running domain.",
	.options = CLI_DETACH_OPTIONS,
	.run = run_detach,
};
