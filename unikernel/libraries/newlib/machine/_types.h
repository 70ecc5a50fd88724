/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of this port of newlib.  newlib's default inode and device numbers have 16 bits; an
 * ext4 inode number has 32.
 */
#ifndef _MACHINE__TYPES_H
#define _MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef unsigned long __ino_t;
#define __machine_ino_t_defined

typedef unsigned long __dev_t;
#define __machine_dev_t_defined

#endif
