/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk's end in domain 0: the block device that blkback opens. A regular file
 * gets a loop device, which releases itself (autoclear) when its last user is
 * gone. From the moment that blkback has opened it that is blkback, whichever
 * toolstack takes the disk away: nothing of ours stays open. The lock on the file
 * is the loop device's then, for that has the file as we opened it.
 */
#ifndef TOOLSTACK_DISK_H
#define TOOLSTACK_DISK_H

#include <stdint.h>
#include <xenctrl.h>

#include "toolstack/config.h"
#include "toolstack/nodes.h"
#include "toolstack/xenstore.h"

struct disk {
	int target_fd; /* of the file or device, holding a lock; -1: none */
	int loop_fd;   /* of the loop device; -1: none */
	struct nodes_disk number;
};

/*
 * Opens the target and finds or makes its block device. A target that is
 * written by one domain cannot be attached for another (a lock on it tells, and of
 * block devices the store), nor one that this host has mounted. 0 or -errno, with
 * a message; disk_detach may follow in any case, and does when blkback has the device.
 */
int disk_attach(struct disk *disk, const struct config_disk *config, struct xenstore *xenstore,
		xc_interface *xch);
void disk_detach(struct disk *disk);

/* Waits until blkback has opened the device: 0 or -errno, with a message. */
int disk_wait_backend(struct xenstore *xenstore, uint32_t domid, const struct config_disk *config);

#endif
