/* SPDX-License-Identifier: BSD-2-Clause */
/* opendir() and its kin, over the readdir operation of a file. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

struct directory {
	int fd;
	struct dirent entry; /* what the last readdir() returned */
};

DIR *fdopendir(int fd)
{
	struct stat st;
	if (fstat(fd, &st))
		return NULL;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	DIR *dir = malloc(sizeof(*dir));
	if (dir)
		dir->fd = fd;
	return dir;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return NULL;
	DIR *dir = fdopendir(fd);
	if (!dir) {
		int error = errno;
		close(fd);
		errno = error;
	}
	return dir;
}

struct dirent *readdir(DIR *dir)
{
	struct file *f = file_get(dir->fd);
	int more = -EBADF;
	if (f) {
		more = f->ops->readdir ? f->ops->readdir(f, &dir->entry) : -ENOTDIR;
		file_put(f);
	}
	return result_int(more) > 0 ? &dir->entry : NULL;
}

void rewinddir(DIR *dir)
{
	lseek(dir->fd, 0, SEEK_SET);
}

long telldir(DIR *dir)
{
	return lseek(dir->fd, 0, SEEK_CUR);
}

void seekdir(DIR *dir, long at)
{
	lseek(dir->fd, at, SEEK_SET);
}

int dirfd(DIR *dir)
{
	return dir->fd;
}

int closedir(DIR *dir)
{
	int fd = dir->fd;
	free(dir);
	return close(fd);
}
