/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens the console as descriptors 0, 1 and 2.  0 or a negative errno. */
#ifndef LODGER_LIBC_CONSOLE_H
#define LODGER_LIBC_CONSOLE_H

int console_files_install(void);

#endif
