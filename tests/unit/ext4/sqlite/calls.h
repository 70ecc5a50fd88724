/* SPDX-License-Identifier: BSD-2-Clause */
/* SQLite's os_unix.c over the mounted ext4_tree instead of the host's files. */
#ifndef LODGER_TEST_EXT4_SQLITE_CALLS_H
#define LODGER_TEST_EXT4_SQLITE_CALLS_H

/* Tells SQLite; once, before its first call. */
void sqlite_calls_set(void);

/* What os_unix.c is compiled to call in place of the two calls that cannot be set. */
int ext4_fsync(int fd);
int ext4_fdatasync(int fd);

#endif
