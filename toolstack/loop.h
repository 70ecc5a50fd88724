/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_LOOP_H
#define TOOLSTACK_LOOP_H

#include <stdbool.h>

/*
 * Puts a free loop device onto the open file `target_fd' (its `name' is for
 * messages and for losetup) and returns an open descriptor of that device. The
 * device frees itself when the last descriptor and the last other user are gone.
 * -errno, with a message, on failure.
 */
int loop_attach(int target_fd, const char *name, bool readonly);

#endif
