/* SPDX-License-Identifier: BSD-2-Clause */
/* libext2fs reads the disk behind ext4.cache through this. */
#ifndef LODGER_FS_IO_H
#define LODGER_FS_IO_H

#include "unikernel/fs/ext4.h"

extern struct struct_io_manager disk_io_manager;

#endif
