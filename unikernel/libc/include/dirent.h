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
/* The entry is the directory's and lasts until the next call. */
struct dirent *readdir(DIR *dir);
/* Where readdir() goes on: what telldir() gave, for as long as the directory is open. */
long telldir(DIR *dir);
void seekdir(DIR *dir, long at);
void rewinddir(DIR *dir);
int closedir(DIR *dir);
int dirfd(DIR *dir);

/* All entries that the filter (or none) lets pass, sorted (or not): their number.  The list and each
 * of its entries are to be freed. */
int scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **));
int alphasort(const struct dirent **a, const struct dirent **b);
__END_DECLS

#endif
