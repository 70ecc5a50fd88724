/* SPDX-License-Identifier: BSD-2-Clause */
/* What a name leads to, and the file system around it. */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

static int path_stat(const char *path, struct stat *st, bool follow)
{
	memset(st, 0, sizeof(*st));
	return tree()->stat(path, st, follow);
}

int stat(const char *restrict name, struct stat *restrict st)
{
	return result_int(PATH_CALL(name, path_stat(path.text, st, true)));
}

int lstat(const char *restrict name, struct stat *restrict st)
{
	return result_int(PATH_CALL(name, path_stat(path.text, st, false)));
}

ssize_t readlink(const char *restrict name, char *restrict buf, size_t len)
{
	return result(PATH_CALL(name, tree()->readlink(path.text, buf, len)));
}

static int tree_statvfs(struct statvfs *out)
{
	memset(out, 0, sizeof(*out));
	return tree()->statvfs(out);
}

/* There is one file system. */
int statvfs(const char *restrict name, struct statvfs *restrict out)
{
	struct stat st;
	int error = (int)PATH_CALL(name, path_stat(path.text, &st, true));
	return result_int(error ? error : tree_statvfs(out));
}

/* The console and sockets are on none. */
int fstatvfs(int fd, struct statvfs *out)
{
	struct stat st;
	if (fstat(fd, &st))
		return -1;
	if (!file_tree_mounted() || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return result_int(-EINVAL);
	return result_int(tree_statvfs(out));
}

/* The program is root, whom only a missing x bit of a file keeps from anything. */
static int path_access(const char *path, int mode)
{
	struct stat st;
	int error = path_stat(path, &st, true);
	if (!error && (mode & W_OK)) {
		struct statvfs fs;
		error = tree_statvfs(&fs);
		if (!error && (fs.f_flag & ST_RDONLY))
			error = -EROFS;
	}
	if (!error && (mode & X_OK) && !S_ISDIR(st.st_mode) && !(st.st_mode & 0111))
		error = -EACCES;
	return error;
}

int access(const char *name, int mode)
{
	if (mode & ~(R_OK | W_OK | X_OK))
		return result_int(-EINVAL);
	return result_int(PATH_CALL(name, path_access(path.text, mode)));
}
