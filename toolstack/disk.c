/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "toolstack/device.h"
#include "toolstack/disk.h"
#include "toolstack/disk_loop.h"
#include "toolstack/disk_use.h"
#include "toolstack/loop.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

#define BACKEND_SECONDS 10

static int open_target(const struct config_disk *config, struct stat *status)
{
	int flags = (config->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	int fd;

	if (stat(config->target, status) < 0)
		return -errno;
	if (!S_ISREG(status->st_mode) && !S_ISBLK(status->st_mode))
		return -ENOTBLK;
	/* For a block device: fail if it is mounted, or part of something larger. */
	if (S_ISBLK(status->st_mode) && !config->readonly)
		flags |= O_EXCL;
	fd = open(config->target, flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, status) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static const char *explain(const struct config_disk *config, int error)
{
	switch (error) {
	case -ENOTBLK:
		return "it is neither a block device nor a regular file";
	case -EBUSY:
		return "it is mounted or otherwise in use";
	case -EWOULDBLOCK:
		return config->readonly
			       ? "another domain writes to it"
			       : "another domain uses it; only read-only disks can be shared";
	case -EROFS:
	case -EACCES:
		return config->readonly ? strerror(-error)
					: "it cannot be written to; use access=ro";
	default:
		return strerror(-error);
	}
}

int disk_attach(struct disk *disk, const struct config_disk *config, struct xenstore *xenstore,
		xc_interface *xch)
{
	struct stat status;
	int error = 0;

	*disk = (struct disk){.target_fd = -1, .loop_fd = -1};
	if (access("/sys/bus/xen-backend/drivers/vbd", F_OK) < 0) {
		message_error("this kernel has no blkback; load it with `modprobe xen-blkback'");
		return -ENODEV;
	}
	disk->target_fd = open_target(config, &status);
	if (disk->target_fd < 0) {
		error = disk->target_fd;
	} else if (flock(disk->target_fd, (config->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
		error = -errno;
	} else if (S_ISBLK(status.st_mode)) {
		disk->number.major = major(status.st_rdev);
		disk->number.minor = minor(status.st_rdev);
		error = disk_use_check(xenstore, xch, &disk->number, config->readonly);
	} else if (!status.st_size) {
		message_error("%s: the disk %s is empty", config->vdev, config->target);
		return -EINVAL;
	} else {
		disk->loop_fd = loop_attach(disk->target_fd, config->target, config->readonly);
		if (disk->loop_fd < 0)
			return disk->loop_fd;
		error = fstat(disk->loop_fd, &status) < 0 ? -errno : 0;
		disk->number.major = major(status.st_rdev);
		disk->number.minor = minor(status.st_rdev);
		if (!error)
			error = disk_loop_describe(&disk->number, disk->loop_fd);
	}
	if (error)
		message_error("%s: cannot use the disk %s: %s", config->vdev, config->target,
			      explain(config, error));
	return error;
}

void disk_detach(struct disk *disk)
{
	if (disk->loop_fd >= 0)
		close(disk->loop_fd);
	if (disk->target_fd >= 0)
		close(disk->target_fd);
	*disk = (struct disk){.target_fd = -1, .loop_fd = -1};
}

int disk_hand_over(struct disk *disk, const struct config_disk *config)
{
	int error = disk->loop_fd >= 0 ? loop_keep(disk->loop_fd) : 0;

	if (error)
		message_error("%s: cannot keep the loop device of %s: %s", config->vdev,
			      config->target, strerror(-error));
	else
		disk_detach(disk);
	return error;
}

/*
 * A back end waits for its front end before blkback has looked at the node with the number of the block
 * device. Once it has opened that, it says so in sysfs, and once it could not, in its state.
 */
static int wait_opened(struct xenstore *xenstore, uint32_t domid, unsigned devid)
{
	const uint64_t deadline_ns = time_after_s(BACKEND_SECONDS);
	char path[96];
	int error;

	snprintf(path, sizeof(path), "/sys/bus/xen-backend/devices/vbd-%u-%u/physical_device",
		 domid, devid);
	do {
		error = device_wait_backend(xenstore, "vbd", domid, devid, BACKEND_INIT_WAIT,
					    deadline_ns);
		if (error || !access(path, F_OK))
			return error;
		error = wait_pause(deadline_ns);
	} while (!error);
	return error;
}

int disk_wait_backend(struct xenstore *xenstore, uint32_t domid, const struct config_disk *config)
{
	char path[96];
	char *why = NULL;
	int error = wait_opened(xenstore, domid, config->devid);

	if (!error || error == -ECANCELED)
		return error;
	snprintf(path, sizeof(path), "/local/domain/0/error/backend/vbd/%u/%u/error", domid,
		 config->devid);
	if (xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &why))
		why = NULL;
	message_error("%s: blkback does not take the disk %s: %s%s%s", config->vdev, config->target,
		      strerror(-error), why ? ": " : "", why ? why : "");
	free(why);
	return error;
}
