/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process behind a domain: makes it, watches over it, does what on_poweroff,
 * on_reboot and on_crash ask for when it has shut down, and takes it away. One
 * process owns everything that a domain consists of, from the first loop device
 * to the last node; so nothing is handed over, and a restart is the same code.
 *
 * It sleeps in poll: xenstored's @releaseDomain tells it that a domain has shut
 * down or died.
 */
#ifndef TOOLSTACK_MONITOR_H
#define TOOLSTACK_MONITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "toolstack/config.h"

struct monitor_options {
	bool console; /* the creator wants the console, from the first byte on */
	bool paused;  /* leave the domain paused */
};

/*
 * Forks the monitor. In the parent: the near end of the line to it (link.h), or
 * -errno. The child never returns from here.
 */
int monitor_start(struct config *config, const struct monitor_options *options, pid_t *pid);

#endif
