/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl() and the two requests that every file understands. */
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

#include <sys/cdefs.h>

#define FIONREAD 0x541b /* int *: bytes that can be read without blocking */
#define FIONBIO	 0x5421 /* int *: non-zero sets O_NONBLOCK */

__BEGIN_DECLS
int ioctl(int fd, unsigned long request, ...);
__END_DECLS

#endif
