/* SPDX-License-Identifier: BSD-2-Clause */
/* Which disks are in use, as the store tells: each back end has its block device's number there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/disk_use.h"
#include "toolstack/hypervisor.h"
#include "toolstack/text.h"

#define BACKENDS "/local/domain/0/backend/vbd"

struct check {
	struct xenstore *xenstore;
	xc_interface *xch;
	char number[32]; /* as the node has it */
	bool readonly;
};

/* A domain that runs no more, kept to be looked at, does not count. */
static bool is_running(xc_interface *xch, uint32_t domid)
{
	xc_domaininfo_t info;

	return !hypervisor_domain_info(xch, domid, &info) && !DOMAIN_DYING(&info) &&
	       !DOMAIN_SHUTDOWN(&info);
}

/* A node below the back end, compared. */
static bool node_is(struct xenstore *xenstore, const char *path, const char *node,
		    const char *wanted)
{
	char *full = text_format("%s/%s", path, node), *value = NULL;
	bool same = full && !xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, full, &value) &&
		    !strcmp(value, wanted);

	free(value);
	free(full);
	return same;
}

static int check_domain(const struct check *check, uint32_t domid)
{
	char path[96], *names;
	size_t size;
	int error;

	snprintf(path, sizeof(path), BACKENDS "/%u", domid);
	error = xenstore_list(check->xenstore, XENSTORE_NO_TRANSACTION, path, &names, &size);
	if (error)
		return error == -ENOENT ? 0 : error;
	for (const char *name = names; !error && name < names + size; name += strlen(name) + 1) {
		char disk[160];

		snprintf(disk, sizeof(disk), "%s/%.32s", path, name);
		if (node_is(check->xenstore, disk, "physical-device", check->number) &&
		    !(check->readonly && node_is(check->xenstore, disk, "mode", "r")) &&
		    is_running(check->xch, domid))
			error = -EWOULDBLOCK;
	}
	free(names);
	return error;
}

int disk_use_check(struct xenstore *xenstore, xc_interface *xch, const struct nodes_disk *number,
		   bool readonly)
{
	struct check check = {.xenstore = xenstore, .xch = xch, .readonly = readonly};
	char *names;
	size_t size;
	int error;

	snprintf(check.number, sizeof(check.number), "%x:%x", number->major, number->minor);
	error = xenstore_list(xenstore, XENSTORE_NO_TRANSACTION, BACKENDS, &names, &size);
	if (error)
		return error == -ENOENT ? 0 : error;
	for (const char *name = names; !error && name < names + size; name += strlen(name) + 1) {
		uint64_t domid;

		if (text_to_number(name, 1, UINT16_MAX, &domid))
			error = check_domain(&check, (uint32_t)domid);
	}
	free(names);
	return error;
}
