/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_LOOP_H
#define TOOLSTACK_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts a free loop device onto the open file `target_fd' (its `name' is for
 * messages and for losetup) and returns an open descriptor of that device. The
 * device frees itself when the last descriptor and the last other user are gone.
 * -errno, with a message, on failure.
 */
int loop_attach(int target_fd, const char *name, bool readonly);

/* Is the block device of this number a loop device that frees itself? */
bool loop_releases(unsigned major, unsigned minor);

/* Waits until the loop device has freed itself: 0, -ETIMEDOUT, -ECANCELED. */
int loop_wait(int number, uint64_t deadline_ns);

#endif
