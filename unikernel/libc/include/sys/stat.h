/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's <sys/stat.h>, which shows lstat() and two constants to the systems it knows only. */
#include_next <sys/stat.h>

#ifndef LODGER_LSTAT
#define LODGER_LSTAT

/* For tv_nsec of what utimensat() and futimens() are given; the values are Linux's. */
#define UTIME_NOW  ((1l << 30) - 1l)
#define UTIME_OMIT ((1l << 30) - 2l)

__BEGIN_DECLS
int lstat(const char *__restrict path, struct stat *__restrict st);
__END_DECLS
#endif
