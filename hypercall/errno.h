/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Xen's error numbers and our libc's are two different sets of numbers with the same names (Xen's
 * ETIMEDOUT is 110, newlib's 116). A hypercall's result is translated here, once, where it enters
 * the kernel; above, there are only negative numbers of <errno.h>.
 */
#ifndef LODGER_HYPERCALL_ERRNO_H
#define LODGER_HYPERCALL_ERRNO_H

#include <stdint.h>

/*
 * result: what a hypercall returned. 0 and more are passed on (cut to INT_MAX); a number of Xen's
 * becomes ours; one that Xen's interface does not name becomes -EIO.
 */
int xen_errno_to_errno(long result);

/* The name of Xen's number, "XEN_EINVAL"; "unknown" for others. Either sign. */
const char *xen_errno_name(long result);

/* The name of a grant status GNTST_* ("GNTST_bad_gntref"); "unknown" for others. */
const char *gntst_name(int16_t status);

/* GNTST_* (0 or negative) as 0 or a negative number of <errno.h>. */
int gntst_to_errno(int16_t status);

#endif
