/* SPDX-License-Identifier: BSD-2-Clause */
/* What the script node of a disk with a loop device of lodge's names: libxl calls it as any hotplug script. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/cli_domain.h"
#include "toolstack/disk_loop.h"
#include "toolstack/lookup.h"

#define STORE_OF_DOM0 "/local/domain/0/"

/* Which disk it is: libxl gives the whole path of the back end, others as it is within domain 0's. */
static bool read_path(uint32_t *domid, unsigned *device)
{
	const char *path = getenv("XENBUS_PATH");
	char more;

	if (path && !strncmp(path, STORE_OF_DOM0, sizeof(STORE_OF_DOM0) - 1))
		path += sizeof(STORE_OF_DOM0) - 1;
	return path && sscanf(path, "backend/vbd/%u/%u%c", domid, device, &more) == 2;
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	struct xenstore *xenstore;
	enum exit_code code;
	uint32_t domid;
	unsigned device;

	if (!cli_operands(cli, argc, argv, 0, 0, "it takes no words", &code))
		return code;
	if (!read_path(&domid, &device))
		return cli_usage(cli, "XENBUS_PATH names no disk's back end in domain 0");
	if (lookup_xenstore(&xenstore))
		return cli_fail(cli, EXIT_FAILED);
	disk_loop_release(xenstore, domid, device);
	xenstore_close(xenstore);
	return EXIT_DONE;
}

const struct command command_remove = {
	.name = "remove",
	.usage = "",
	.summary = "Release the loop device of a disk: what xl calls as its hotplug script.",
	.options = "",
	.run = run,
};
