/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's <fcntl.h>, and what POSIX has beyond it. */
#include_next <fcntl.h>

#ifndef LODGER_FCNTL
#define LODGER_FCNTL

/* A write that returns is on stable storage, with all that is needed to read it. */
#ifndef O_DSYNC
#define O_DSYNC O_SYNC
#define O_RSYNC O_SYNC
#endif

#define POSIX_FADV_NORMAL     0
#define POSIX_FADV_RANDOM     1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED   3
#define POSIX_FADV_DONTNEED   4
#define POSIX_FADV_NOREUSE    5

__BEGIN_DECLS
/* Both return the error, or 0. */
int posix_fallocate(int fd, off_t offset, off_t len);
int posix_fadvise(int fd, off_t offset, off_t len, int advice);
__END_DECLS
#endif
