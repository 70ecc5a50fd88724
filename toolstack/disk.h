/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk's end in domain 0: the block device that blkback opens. A regular file gets a loop device, and
 * with it the lock on the file, for the loop driver has the file as we opened it. Who owns the loop device:
 *
 *	disk_attach ... disk_hand_over    the process: the device frees itself when that is gone (autoclear)
 *	... until the nodes are removed   the nodes, of which /libxl/ID/device/vbd/N/loop, which no guest can
 *	                                  write, says which device it is: blkback may come and go
 *	... until blkback has closed it   blkback: the device frees itself again
 *
 * So whoever removes the nodes releases the device first: lodge in device.c, libxl by the back end's
 * script, which is `lodge remove' (cmd_remove.c). No process has to live for it.
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
 * a message; disk_detach may follow in any case.
 */
int disk_attach(struct disk *disk, const struct config_disk *config, struct xenstore *xenstore,
		xc_interface *xch);
void disk_detach(struct disk *disk);

/* blkback has the device and the store the nodes: they own it from here on. 0 or -errno, with a message. */
int disk_hand_over(struct disk *disk, const struct config_disk *config);

/* Waits until blkback has opened the device: 0 or -errno, with a message. */
int disk_wait_backend(struct xenstore *xenstore, uint32_t domid, const struct config_disk *config);

#endif
