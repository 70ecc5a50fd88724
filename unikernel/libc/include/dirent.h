/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories: POSIX's interface. */
#ifndef _DIRENT_H
#define _DIRENT_H

#include <sys/types.h>

#ifndef NAME_MAX
#define NAME_MAX 255
#endif

#define DT_UNKNOWN 0
#define DT_FIFO	   1
#define DT_CHR	   2
#define DT_DIR	   4
#define DT_BLK	   6
#define DT_REG	   8
#define DT_LNK	   10
#define DT_SOCK	   12

struct dirent {
	ino_t d_ino;
	unsigned char d_type; /* DT_…; DT_UNKNOWN when the file system does not say */
	char d_name[NAME_MAX + 1];
};

typedef struct directory DIR;

__BEGIN_DECLS
DIR *opendir(const char *path);
DIR *fdopendir(int fd);
struct dirent *readdir(DIR *dir);
void rewinddir(DIR *dir);
int closedir(DIR *dir);
int dirfd(DIR *dir);
__END_DECLS

#endif
