/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's <sys/stat.h>, which shows lstat() to the systems it knows only. */
#include_next <sys/stat.h>

#ifndef LODGER_LSTAT
#define LODGER_LSTAT
__BEGIN_DECLS
int lstat(const char *__restrict path, struct stat *__restrict st);
__END_DECLS
#endif
