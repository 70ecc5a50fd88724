/* SPDX-License-Identifier: BSD-2-Clause */
/* Hotplug scripts, called as libxl calls them: only where a configuration asks for one. */
#ifndef TOOLSTACK_SCRIPT_H
#define TOOLSTACK_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Runs the script of a device ("vif" or "vbd") for its coming (`online') or its
 * going, and waits for it to end. It has a minute. 0 or -errno, with a message.
 */
int script_run(const char *script, const char *kind, uint32_t domid, unsigned device, bool online);

#endif
