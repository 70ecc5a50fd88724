/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What configure would have found out for e2fsprogs' libext2fs on newlib, x86-64: its headers are
 * there, and nothing of what an operating system would offer (no mmap, no pread64, no blkid).
 */
#define HAVE_ERRNO_H	 1
#define HAVE_INTTYPES_H	 1
#define HAVE_STDINT_H	 1
#define HAVE_STDLIB_H	 1
#define HAVE_STRING_H	 1
#define HAVE_SYS_STAT_H	 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H	 1

#define SIZEOF_SHORT	 2
#define SIZEOF_INT	 4
#define SIZEOF_LONG	 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T	 8
#define SIZEOF_TIME_T	 8
