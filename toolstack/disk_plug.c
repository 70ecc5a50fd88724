/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/disk.h"
#include "toolstack/disk_plug.h"
#include "toolstack/message.h"
#include "toolstack/plug.h"
#include "toolstack/wait.h"

static const struct plug disk_plug = {"vbd", "disk", "block-detach"};

static const struct listing_field fields[DISK_FIELDS] = {
	[DISK_VDEV] = {"dev", false},
	[DISK_TARGET] = {"params", false},
	[DISK_MODE] = {"mode", false},
	[DISK_RING] = {"ring-ref", true},
};

const struct listing_kind disk_kind = {"vbd", "disks", fields, DISK_FIELDS};

/* The disk that is being given, attached to this host. */
struct gift {
	const struct config_disk *config;
	struct disk disk;
};

static int fill(struct xenstore *xenstore, uint32_t transaction, uint32_t domid,
		struct nodes *nodes, void *context)
{
	const struct gift *gift = context;
	char path[64], *there;
	int error;

	snprintf(path, sizeof(path), "/libxl/%u/device/vbd/%u", domid, gift->config->devid);
	error = xenstore_read(xenstore, transaction, path, &there);
	if (!error)
		free(there);
	if (error != -ENOENT)
		return error ? error : -EEXIST;
	nodes_fill_disk(nodes, domid, gift->config, &gift->disk.number);
	return 0;
}

static int give(struct lookup *lookup, uint32_t domid, struct gift *gift)
{
	const struct config_disk *config = gift->config;
	int error = plug_write(lookup->xenstore, domid, &disk_plug, fill, gift);

	if (error == -EEXIST)
		message_error("domain %u has a disk %s already; choose another vdev=", domid,
			      config->vdev);
	if (error)
		return error;
	error = disk_wait_backend(lookup->xenstore, domid, config);
	if (!error)
		error = wait_cancelled();
	if (!error)
		error = disk_hand_over(&gift->disk, config);
	if (error)
		plug_undo(lookup->xenstore, domid, &disk_plug, config->devid);
	return error;
}

int disk_plug_in(struct lookup *lookup, uint32_t domid, const struct config_disk *config)
{
	struct gift gift = {.config = config};
	int error = disk_attach(&gift.disk, config, lookup->xenstore, lookup->xch);

	if (!error)
		error = give(lookup, domid, &gift);
	disk_detach(&gift.disk);
	return error;
}

int disk_plug_out(struct lookup *lookup, uint32_t domid, const struct listed *disk,
		  unsigned seconds, bool force)
{
	const char *vdev = disk->field[DISK_VDEV];
	char name[32];

	if (vdev)
		snprintf(name, sizeof(name), "disk %.24s", vdev);
	else
		snprintf(name, sizeof(name), "disk %u", disk->device);
	return plug_out(lookup->xenstore, domid, &disk_plug, disk, name, seconds, force);
}
