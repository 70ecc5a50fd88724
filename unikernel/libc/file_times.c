/* SPDX-License-Identifier: BSD-2-Clause */
/* When a file was read and written: the calls that set it, each with a unit of its own. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

#include "unikernel/libc/path.h"
#include "unikernel/libc/result.h"

/* The times as the tree is to have them; without any it is now. */
static int times_prepare(const struct timespec given[2], struct timespec out[2])
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < 2; i++) {
		out[i] = given ? given[i] : now;
		if (out[i].tv_nsec == UTIME_NOW)
			out[i] = now;
		else if (out[i].tv_nsec != UTIME_OMIT &&
			 (out[i].tv_nsec < 0 || out[i].tv_nsec > 999999999))
			return -EINVAL;
	}
	return 0;
}

static int name_set(const char *name, const struct timespec given[2], bool follow)
{
	struct timespec times[2];
	int error = times_prepare(given, times);
	if (!error)
		error = (int)PATH_CALL(name, tree()->utimens(path.text, times, follow));
	return result_int(error);
}

/* Relative to the working directory only: directories that are open have no names here. */
int utimensat(int directory, const char *name, const struct timespec *times, int flags)
{
	if (flags & ~AT_SYMLINK_NOFOLLOW)
		return result_int(-EINVAL);
	if (directory != AT_FDCWD && *name != '/')
		return result_int(-ENOTSUP);
	return name_set(name, times, !(flags & AT_SYMLINK_NOFOLLOW));
}

int futimens(int fd, const struct timespec *given)
{
	struct timespec times[2];
	struct file *f = file_get(fd);
	if (!f)
		return result_int(-EBADF);
	int error = times_prepare(given, times);
	if (!error)
		error = f->ops->utimens ? f->ops->utimens(f, times) : -EINVAL;
	file_put(f);
	return result_int(error);
}

/* Microseconds; what is out of range stays so, for times_prepare() to see. */
static const struct timespec *from_timevals(const struct timeval *given, struct timespec out[2])
{
	for (int i = 0; given && i < 2; i++) {
		const bool valid = given[i].tv_usec >= 0 && given[i].tv_usec < 1000000;
		out[i] = (struct timespec){.tv_sec = given[i].tv_sec,
					   .tv_nsec = valid ? given[i].tv_usec * 1000 : -1};
	}
	return given ? out : NULL;
}

int utimes(const char *name, const struct timeval *given)
{
	struct timespec times[2];
	return name_set(name, from_timevals(given, times), true);
}

int lutimes(const char *name, const struct timeval *given)
{
	struct timespec times[2];
	return name_set(name, from_timevals(given, times), false);
}

int futimes(int fd, const struct timeval *given)
{
	struct timespec times[2];
	return futimens(fd, from_timevals(given, times));
}

int utime(const char *name, const struct utimbuf *given)
{
	struct timespec times[2];
	if (given) {
		times[0] = (struct timespec){.tv_sec = given->actime};
		times[1] = (struct timespec){.tv_sec = given->modtime};
	}
	return name_set(name, given ? times : NULL, true);
}
