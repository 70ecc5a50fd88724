/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "toolstack/loop.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

/* How often another process may snatch the free device before this one gives up. */
#define ATTEMPTS 64

/* A free loop device, opened; or -errno. */
static int open_free(int control)
{
	char path[32];
	int number = ioctl(control, LOOP_CTL_GET_FREE);
	int fd;

	if (number < 0)
		return -errno;
	snprintf(path, sizeof(path), "/dev/loop%d", number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int configure(int loop_fd, int target_fd, const char *name, bool readonly)
{
	struct loop_config config = {
		.fd = (__u32)target_fd,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
	};

	if (readonly)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", name);
	if (!ioctl(loop_fd, LOOP_CONFIGURE, &config))
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* Past the page cache where the file system can do that, else through it. */
	config.info.lo_flags &= ~(__u32)LO_FLAGS_DIRECT_IO;
	return ioctl(loop_fd, LOOP_CONFIGURE, &config) ? -errno : 0;
}

int loop_attach(int target_fd, const char *name, bool readonly)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int fd = control < 0 ? -errno : -EBUSY;

	/* Between "this one is free" and "I take it" another process may have taken it. */
	for (int i = 0; control >= 0 && i < ATTEMPTS && fd == -EBUSY; i++) {
		int error;

		fd = open_free(control);
		if (fd < 0)
			continue;
		error = configure(fd, target_fd, name, readonly);
		if (error) {
			close(fd);
			fd = error;
		}
		if (wait_cancelled()) {
			if (fd >= 0)
				close(fd);
			fd = -ECANCELED;
		}
	}
	if (control >= 0)
		close(control);
	if (fd == -ENOENT || fd == -ENXIO)
		message_error("this kernel has no loop devices; load them with `modprobe loop'");
	else if (fd < 0 && fd != -ECANCELED)
		message_error("cannot set up a loop device for %s: %s", name, strerror(-fd));
	return fd;
}

int loop_keep(int loop_fd)
{
	struct loop_info64 info;

	if (ioctl(loop_fd, LOOP_GET_STATUS64, &info))
		return -errno;
	info.lo_flags &= ~(__u32)LO_FLAGS_AUTOCLEAR;
	return ioctl(loop_fd, LOOP_SET_STATUS64, &info) ? -errno : 0;
}

static void write_mark(char mark[LOOP_MARK_SIZE], const struct loop_info64 *info)
{
	snprintf(mark, LOOP_MARK_SIZE, "%u %llx %llu", info->lo_number,
		 (unsigned long long)info->lo_device, (unsigned long long)info->lo_inode);
}

int loop_mark(int loop_fd, char mark[LOOP_MARK_SIZE])
{
	struct loop_info64 info;

	if (ioctl(loop_fd, LOOP_GET_STATUS64, &info))
		return -errno;
	write_mark(mark, &info);
	return 0;
}

/* While it is open here, nobody else can free it and set it up anew. */
static int release(int loop_fd, const char *mark)
{
	struct loop_info64 info;
	char now[LOOP_MARK_SIZE];

	if (ioctl(loop_fd, LOOP_GET_STATUS64, &info))
		return errno == ENXIO ? -ENODEV : -errno;
	write_mark(now, &info);
	if (strcmp(now, mark) || info.lo_flags & LO_FLAGS_AUTOCLEAR)
		return -ENODEV;
	return ioctl(loop_fd, LOOP_CLR_FD) ? -errno : (int)info.lo_number;
}

int loop_release(const char *mark)
{
	char path[64];
	unsigned number;
	int fd, result;

	if (sscanf(mark, "%u", &number) != 1)
		return -EINVAL;
	snprintf(path, sizeof(path), "/dev/loop%u", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
	result = release(fd, mark);
	close(fd);
	return result;
}

/* The kernel tells nobody when it is; while it has a file, it has this folder. */
int loop_wait(int number, uint64_t deadline_ns)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%d/loop", number);
	while (!access(path, F_OK)) {
		int error = wait_pause(deadline_ns);

		if (error)
			return error;
	}
	return 0;
}
