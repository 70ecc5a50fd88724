/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of disks. A vbd's number in xenstore encodes what the configuration called it (Xen's
 * xen-vbd-interface(7)):
 *
 *   1 << 28 | disk << 8 | partition    xvd, more than 16 disks or 15 partitions
 *   202 << 8 | disk << 4 | partition   xvd
 *     8 << 8 | disk << 4 | partition   sd
 *     3 << 8 | disk << 6 | partition   hd, disks 0 and 1
 *    22 << 8 | disk << 6 | partition   hd, disks 2 and 3
 */
#ifndef LODGER_BLKFRONT_NAME_H
#define LODGER_BLKFRONT_NAME_H

#include <stddef.h>

/* "xvda", "xvdaa", "sdb3", …; "vbd-NUMBER" for a number that encodes no name. */
void vbd_name(char *name, size_t size, unsigned int number);

#endif
