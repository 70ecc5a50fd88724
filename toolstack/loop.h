/* SPDX-License-Identifier: BSD-2-Clause */
/* Loop devices, by the interface of <linux/loop.h>. Who owns one: disk.h. */
#ifndef TOOLSTACK_LOOP_H
#define TOOLSTACK_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Puts a free loop device onto the open file `target_fd' (its `name' is for
 * messages and for losetup) and returns an open descriptor of that device. The
 * device frees itself (autoclear) when the last descriptor and the last other
 * user are gone. -errno, with a message, on failure.
 */
int loop_attach(int target_fd, const char *name, bool readonly);

/* From here on it stays, used or not, until it is released. 0 or -errno. */
int loop_keep(int loop_fd);

/* Tells one from any other that has its number later: "NUMBER DEVICE INODE", of its file. 0 or -errno. */
#define LOOP_MARK_SIZE 64
int loop_mark(int loop_fd, char mark[LOOP_MARK_SIZE]);

/*
 * Has the loop device of this mark free itself when its last user is gone, at once if there is none. Its
 * number; -ENODEV: there is no such device any more, or it frees itself already; -errno.
 */
int loop_release(const char *mark);

/* Waits until the loop device has freed itself: 0, -ETIMEDOUT, -ECANCELED. */
int loop_wait(int number, uint64_t deadline_ns);

#endif
