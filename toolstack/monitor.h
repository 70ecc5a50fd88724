/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process behind a domain: makes it, watches over it, does what on_poweroff,
 * on_reboot and on_crash ask for when it has shut down, and takes it away. One
 * process owns everything that a domain consists of, from the first loop device
 * to the last node; a restart is the same code as the first start.
 *
 * It sleeps in poll: xenstored's @releaseDomain tells it that a domain has shut
 * down or died.
 */
#ifndef TOOLSTACK_MONITOR_H
#define TOOLSTACK_MONITOR_H

#include <stddef.h>
#include <sys/types.h>

#include "toolstack/config.h"
#include "toolstack/domain.h"

#define MONITOR_CLIENTS_MAX 64

struct monitor {
	struct config *config;
	struct domain domain;
	int creator;  /* the line to a `lodge create -c'; -1: there is none */
	int listener; /* for those who come later */
	int clients[MONITOR_CLIENTS_MAX];
	size_t client_count;
};

/*
 * Makes the domain and leaves it paused. 0 or -errno, with a message; after a
 * failure nothing is left of it. The configuration must live as long as the monitor.
 */
int monitor_begin(struct monitor *monitor, struct config *config);

/* Undoes monitor_begin. */
void monitor_undo(struct monitor *monitor);

/*
 * Goes on in a process of its own, and ends this one with status 0: does not
 * return unless that fails (-errno, with a message).
 */
int monitor_leave_behind(struct monitor *monitor);

/*
 * Goes on in a child, which offers the console on a line (link.h) and unpauses
 * the domain once somebody has attached to it; who hangs up instead calls the
 * domain off. The near end of the line, or -errno with a message.
 */
int monitor_fork(struct monitor *monitor, pid_t *pid);

#endif
