/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop device behind a disk, as the disk's nodes know it. Who owns it: disk.h. */
#ifndef TOOLSTACK_DISK_LOOP_H
#define TOOLSTACK_DISK_LOOP_H

#include <stdint.h>

#include "toolstack/nodes.h"
#include "toolstack/xenstore.h"

/* What the nodes are to say of an open loop device, and of who releases it: 0 or -errno. */
int disk_loop_describe(struct nodes_disk *disk, int loop_fd);

/*
 * Releases the loop device that lodge gave a disk, before the nodes go: it is free when blkback has closed
 * it. Its number, to be waited for; -ENOENT: the disk has no loop device of lodge's; -errno: it has gone
 * already, or a message says why it has not.
 */
int disk_loop_release(struct xenstore *xenstore, uint32_t domid, unsigned device);

#endif
