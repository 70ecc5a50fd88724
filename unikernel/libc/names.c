/* SPDX-License-Identifier: BSD-2-Clause */
/* What changes names: each is an operation of the tree. (mkdir() has a mode, and is with open().) */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

int unlink(const char *name)
{
	return result_int(PATH_CALL(name, tree()->unlink(path.text)));
}

int rmdir(const char *name)
{
	return result_int(PATH_CALL(name, tree()->rmdir(path.text)));
}

int rename(const char *name, const char *other)
{
	return result_int(PATHS_CALL(name, other, tree()->rename(from.text, to.text)));
}

int link(const char *name, const char *other)
{
	return result_int(PATHS_CALL(name, other, tree()->link(from.text, to.text)));
}

/* The target is text of the link's own, whatever it leads to. */
int symlink(const char *target, const char *name)
{
	if (!*target)
		return result_int(-ENOENT);
	return result_int(PATH_CALL(name, tree()->symlink(target, path.text)));
}

static int path_remove(const char *path)
{
	int error = tree()->unlink(path);
	return error == -EISDIR ? tree()->rmdir(path) : error;
}

int remove(const char *name)
{
	return result_int(PATH_CALL(name, path_remove(path.text)));
}

/* What newlib's own calls, in place of its files of those names. */
struct _reent;
int _unlink_r(struct _reent *reent, const char *name);
int _unlink_r(struct _reent *reent, const char *name)
{
	(void)reent;
	return unlink(name);
}

int _rename_r(struct _reent *reent, const char *from, const char *to)
{
	(void)reent;
	return rename(from, to);
}

int _remove_r(struct _reent *reent, const char *name)
{
	(void)reent;
	return remove(name);
}
