/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/cli_domain.h"
#include "toolstack/device.h"
#include "toolstack/hypervisor.h"
#include "toolstack/link.h"
#include "toolstack/message.h"
#include "toolstack/build.h"
#include "toolstack/nodes_remove.h"
#include "toolstack/wait.h"

#define LIBXL_USERDATA "/var/lib/xen"

/* libxl keeps a file or two about each domain that it has made: userdata-X.DOMID.UUID.NAME. */
static void remove_userdata(uint32_t domid)
{
	DIR *directory = opendir(LIBXL_USERDATA);
	struct dirent *entry;
	char kind;
	unsigned owner;

	while (directory && (entry = readdir(directory)))
		if (sscanf(entry->d_name, "userdata-%c.%u.", &kind, &owner) == 2 && owner == domid)
			unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
}

static int destroy(struct lookup *lookup, uint32_t domid, void *context)
{
	struct build build = {.domid = domid};
	xc_domaininfo_t info;
	int error = hypervisor_domain_info(lookup->xch, domid, &info), link;

	(void)context;
	if (error) {
		message_error("domain %u: %s", domid, strerror(-error));
		return error;
	}
	wait_shield(true); /* half a domain is nobody's wish */
	link = link_connect(domid);
	xc_domain_pause(lookup->xch, domid);
	error = device_remove_all(lookup->xenstore, domid);
	if (error)
		message_warn("the devices of domain %u: %s", domid, strerror(-error));
	error = build_destroy(lookup->xch, &build);
	if (error) {
		if (link >= 0)
			close(link);
		return error;
	}
	error = nodes_remove(lookup->xenstore, domid, info.handle);
	remove_userdata(domid);
	/* Its monitor has disks to let go of. */
	if (link >= 0)
		link_see_out(link);
	return error;
}

static enum exit_code run(struct cli *cli, int argc, char **argv)
{
	enum exit_code code;

	if (!cli_operands(cli, argc, argv, 1, 1, "name one domain", &code))
		return code;
	return cli_domain(cli, argv[optind], destroy, NULL);
}

const struct command command_destroy = {
	.name = "destroy",
	.usage = "DOMAIN",
	.summary = "End a domain at once, as if its power failed.",
	.options = "",
	.run = run,
};
