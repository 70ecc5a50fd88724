/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's <utime.h>, which has the structure but not the function. */
#include_next <utime.h>

#ifndef LODGER_UTIME
#define LODGER_UTIME
#include <sys/types.h>

__BEGIN_DECLS
int utime(const char *path, const struct utimbuf *times);
__END_DECLS
#endif
