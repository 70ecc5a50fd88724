/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "toolstack/disk.h"
#include "toolstack/disk_plug.h"
#include "toolstack/loop.h"
#include "toolstack/message.h"
#include "toolstack/plug.h"
#include "toolstack/wait.h"

/* How long the kernel has for letting go of what its back end is done with. */
#define RELEASE_SECONDS 5

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
	const struct nodes_disk *number;
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
	nodes_fill_disk(nodes, domid, gift->config, gift->number);
	return 0;
}

static int write_and_wait(struct lookup *lookup, uint32_t domid, struct gift *gift)
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
	if (error)
		plug_undo(lookup->xenstore, domid, &disk_plug, config->devid);
	return error;
}

int disk_plug_in(struct lookup *lookup, uint32_t domid, const struct config_disk *config)
{
	struct disk disk;
	struct gift gift = {.config = config, .number = &disk.number};
	int error = disk_attach(&disk, config, lookup->xenstore, lookup->xch);

	if (!error)
		error = write_and_wait(lookup, domid, &gift);
	/* blkback keeps it open from here on. */
	disk_detach(&disk);
	return error;
}

/* The loop device behind a disk; -1 if there is none that releases itself. */
static int loop_of(struct xenstore *xenstore, const struct listed *disk)
{
	char path[160], *number;
	unsigned major = 0, minor = 0;

	if (!disk->backend)
		return -1;
	snprintf(path, sizeof(path), "%.128s/physical-device", disk->backend);
	if (xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &number))
		return -1;
	if (sscanf(number, "%x:%x", &major, &minor) != 2 || !loop_releases(major, minor))
		minor = (unsigned)-1;
	free(number);
	return (int)minor;
}

int disk_plug_out(struct lookup *lookup, uint32_t domid, const struct listed *disk,
		  unsigned seconds, bool force)
{
	const int loop = loop_of(lookup->xenstore, disk);
	const char *vdev = disk->field[DISK_VDEV];
	char name[32];
	int error;

	if (vdev)
		snprintf(name, sizeof(name), "disk %.24s", vdev);
	else
		snprintf(name, sizeof(name), "disk %u", disk->device);
	error = plug_out(lookup->xenstore, domid, &disk_plug, disk, name, seconds, force);
	if (!error && loop >= 0 && loop_wait(loop, time_after_s(RELEASE_SECONDS)) == -ETIMEDOUT)
		message_warn("/dev/loop%d, which was behind %s, is still in use", loop, name);
	return error;
}
