/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every wait of lodge goes through here, so that every wait has a deadline and
 * can be called off.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked and arrive in a signalfd. From then on
 * a wait ends with -ECANCELED, at once and for ever, until the unwinding says
 * that it is not to be called off any more (wait_shield).
 *
 * Deadlines are absolute, in nanoseconds of CLOCK_MONOTONIC.
 */
#ifndef TOOLSTACK_WAIT_H
#define TOOLSTACK_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define TIME_FOREVER UINT64_MAX
#define SECOND_NS    UINT64_C(1000000000)

uint64_t time_now_ns(void);
uint64_t time_after_s(unsigned seconds);

/* Blocks the signals and opens the signalfd: 0 or -errno. */
int wait_init(void);

/* No wait is called off while shielded; returns what was so before. */
bool wait_shield(bool shielded);

/* 0 or -ECANCELED: between two steps that do not wait. */
int wait_cancelled(void);

/* The signal that called the work off, 0 if none did. */
int wait_signal(void);

/*
 * Waits until one of `fds' is ready (0), the deadline passes (-ETIMEDOUT), the
 * work is called off (-ECANCELED), or poll fails (-errno). A negative fd is
 * skipped.
 */
int wait_ready(struct pollfd *fds, nfds_t count, uint64_t deadline_ns);

/* The same for one descriptor. */
int wait_fd(int fd, short events, uint64_t deadline_ns);

/*
 * A moment, before looking again at what the kernel tells of to nobody: 0; -ETIMEDOUT when the deadline
 * has passed, -ECANCELED.
 */
int wait_pause(uint64_t deadline_ns);

/* In a child that execs another program: signals as that program expects them. */
void wait_reset_signals(void);

#endif
