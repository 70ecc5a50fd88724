/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may use a file, and whose it is. */
#include <sys/stat.h>
#include <unistd.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

int chmod(const char *name, mode_t mode)
{
	return result_int(PATH_CALL(name, tree()->chmod(path.text, mode & 07777)));
}

int fchmod(int fd, mode_t mode)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int error = f->ops->chmod ? f->ops->chmod(f, mode & 07777) : -EINVAL;
	file_put(f);
	return result_int(error);
}

/*
 * There is one user and no other to give a file to: what changes nothing succeeds, anything else is
 * -EPERM, as it is on file systems without owners.
 */
static int owner_check(const struct stat *st, uid_t owner, gid_t group)
{
	return (owner == (uid_t)-1 || owner == st->st_uid) &&
			       (group == (gid_t)-1 || group == st->st_gid)
		       ? 0
		       : -EPERM;
}

static int path_owner_check(const char *path, bool follow, uid_t owner, gid_t group)
{
	struct stat st = {0};
	int error = tree()->stat(path, &st, follow);
	return error ? error : owner_check(&st, owner, group);
}

int chown(const char *name, uid_t owner, gid_t group)
{
	return result_int(PATH_CALL(name, path_owner_check(path.text, true, owner, group)));
}

int lchown(const char *name, uid_t owner, gid_t group)
{
	return result_int(PATH_CALL(name, path_owner_check(path.text, false, owner, group)));
}

int fchown(int fd, uid_t owner, gid_t group)
{
	struct stat st;
	return fstat(fd, &st) ? -1 : result_int(owner_check(&st, owner, group));
}
