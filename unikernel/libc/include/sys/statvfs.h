/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file system as a whole is: POSIX's interface. */
#ifndef _SYS_STATVFS_H
#define _SYS_STATVFS_H

#include <sys/types.h>

#define ST_RDONLY 1
#define ST_NOSUID 2

struct statvfs {
	unsigned long f_bsize;	/* bytes: what is best read and written at once */
	unsigned long f_frsize; /* bytes: the unit of the three counts below */
	fsblkcnt_t f_blocks;
	fsblkcnt_t f_bfree;
	fsblkcnt_t f_bavail; /* without those reserved for root */
	fsfilcnt_t f_files;  /* inodes */
	fsfilcnt_t f_ffree;
	fsfilcnt_t f_favail;
	unsigned long f_fsid;
	unsigned long f_flag; /* ST_… */
	unsigned long f_namemax;
};

__BEGIN_DECLS
int statvfs(const char *__restrict path, struct statvfs *__restrict out);
int fstatvfs(int fd, struct statvfs *out);
__END_DECLS

#endif
