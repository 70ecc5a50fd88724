/* SPDX-License-Identifier: BSD-2-Clause */
/* From the caches to stable storage. */
#include <unistd.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

static int descriptor_sync(int fd, bool data_only)
{
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int error = f->ops->sync ? f->ops->sync(f, data_only) : -EINVAL;
	file_put(f);
	return result_int(error);
}

int fsync(int fd)
{
	return descriptor_sync(fd, false);
}

int fdatasync(int fd)
{
	return descriptor_sync(fd, true);
}

/* It cannot fail; what could not be written the tree has logged. */
void sync(void)
{
	if (file_tree_mounted())
		tree()->sync();
}
