/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "toolstack/disk_loop.h"
#include "toolstack/message.h"

/* This program, which libxl calls with `remove' then; not if its file has been replaced meanwhile. */
static const char *own_script(void)
{
	static char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NODES_NO_SCRIPT;
	path[length] = '\0';
	return access(path, X_OK) ? NODES_NO_SCRIPT : path;
}

int disk_loop_describe(struct nodes_disk *disk, int loop_fd)
{
	disk->script = own_script();
	return loop_mark(loop_fd, disk->loop);
}

int disk_loop_release(struct xenstore *xenstore, uint32_t domid, unsigned device)
{
	char path[96], *mark;
	int result;

	snprintf(path, sizeof(path), "/libxl/%u/device/vbd/%u/loop", domid, device);
	result = xenstore_read(xenstore, XENSTORE_NO_TRANSACTION, path, &mark);
	if (result)
		return result;
	result = loop_release(mark);
	if (result < 0 && result != -ENODEV)
		message_warn("cannot release the loop device of disk %u of domain %u (%s): %s",
			     device, domid, mark, strerror(-result));
	free(mark);
	return result == -ENOENT ? -ENODEV : result;
}
