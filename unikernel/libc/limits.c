/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of what there is, for programs that ask. */
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "unikernel/core/page.h"
#include "unikernel/libc/file.h"
#include "unikernel/libc/result.h"

int getpagesize(void)
{
	return (int)PAGE_SIZE;
}

int getdtablesize(void)
{
	return FILE_MAX;
}

long sysconf(int name)
{
	struct page_stats pages;
	switch (name) {
	case _SC_PAGESIZE:
		return (long)PAGE_SIZE;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return 1;
	case _SC_PHYS_PAGES:
		page_stats(&pages);
		return (long)pages.total;
	case _SC_AVPHYS_PAGES:
		page_stats(&pages);
		return (long)(pages.total - pages.in_use);
	case _SC_CLK_TCK:
		return CLOCKS_PER_SEC;
	case _SC_OPEN_MAX:
		return FILE_MAX;
	case _SC_IOV_MAX:
		return IOV_MAX;
	case _SC_LINE_MAX:
		return LINE_MAX;
	case _SC_VERSION:
	case _SC_FSYNC:
	case _SC_SYNCHRONIZED_IO:
	case _SC_MONOTONIC_CLOCK:
		return 200809L;
	default:
		return result(-EINVAL);
	}
}

static long limit(int name)
{
	switch (name) {
	case _PC_NAME_MAX:
		return NAME_MAX;
	case _PC_PATH_MAX:
		return PATH_MAX;
	case _PC_FILESIZEBITS:
		return 64;
	case _PC_NO_TRUNC:
	case _PC_SYNC_IO:
		return 1;
	case _PC_2_SYMLINKS:
		return 1;
	default:
		return result(-EINVAL);
	}
}

long pathconf(const char *path, int name)
{
	struct stat st;
	return stat(path, &st) ? -1 : limit(name);
}

long fpathconf(int fd, int name)
{
	struct stat st;
	return fstat(fd, &st) ? -1 : limit(name);
}
