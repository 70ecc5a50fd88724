/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's <sys/select.h> with sets of 1,024 descriptors in place of 64. */
#ifndef FD_SETSIZE
#define FD_SETSIZE 1024
#endif
#include_next <sys/select.h>
