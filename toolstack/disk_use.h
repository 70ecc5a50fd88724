/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_DISK_USE_H
#define TOOLSTACK_DISK_USE_H

#include <stdbool.h>
#include <xenctrl.h>

#include "toolstack/nodes.h"
#include "toolstack/xenstore.h"

/*
 * May a domain be given this block device? 0; -EWOULDBLOCK if one that runs has it, of whichever toolstack,
 * and either of the two writes; -errno.
 */
int disk_use_check(struct xenstore *xenstore, xc_interface *xch, const struct nodes_disk *number,
		   bool readonly);

#endif
