/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the disk that holds the root directory and mounts it when the guest starts.
 *
 *	lodger.root=xvda      this disk; it is an error if it cannot be mounted
 *	lodger.root=none      no files
 *	(not given)           the first disk, if there is a file system on it
 *	lodger.fs-cache=512K  memory for the cache of its blocks, of which half may be dirty; a
 *	                      sixteenth of the guest's, at least 256K and at most 4M, unless told
 *
 * When the program ends, what it has written is written, and the file system unmounted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blkfront/blkfront.h"
#include "unikernel/core/boot.h"
#include "unikernel/core/format.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page.h"
#include "unikernel/core/shutdown.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/time.h"
#include "unikernel/fs/ext4.h"
#include "unikernel/libc/file.h"
#include "xenbus/device.h"

#define DISK_PATIENCE (10 * TIME_S)

#define CACHE_LEAST   ((size_t)256 << 10)
#define CACHE_MOST    ((size_t)4 << 20)

static size_t cache_default(void)
{
	struct page_stats pages;
	page_stats(&pages);
	size_t bytes = pages.total / 16 * PAGE_SIZE;
	if (bytes < CACHE_LEAST)
		bytes = CACHE_LEAST;
	return bytes < CACHE_MOST ? bytes : CACHE_MOST;
}

/* "512K", "2M" or a number of bytes. */
static size_t cache_wanted(void)
{
	const char *option = boot_option("fs-cache");
	if (!option)
		return cache_default();
	char *end;
	unsigned long n = strtoul(option, &end, 10);
	unsigned int shift = 0;
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	if (end == option || (shift ? end[1] : end[0]) || n > (SIZE_MAX >> 1) >> shift) {
		log_warn("lodger.fs-cache=%s is no size (512K, 2M): ignored", option);
		return cache_default();
	}
	return n << shift;
}

/* Makes the file system of this disk the root: -EINVAL if there is none of ours on it. */
static int disk_mount(struct blkfront *disk, const char *name)
{
	struct cache *cache = cache_create(disk, cache_wanted());
	if (!cache)
		return -ENOMEM;
	int error = ext4_mount(cache, name);
	if (!ext4.fs) {
		cache_destroy(cache);
		return error;
	}
	file_tree_mount(&ext4_tree);
	log_debug("ext4: %s is mounted%s, %u blocks of %u bytes, cache of %u KiB", name,
		  ext4.writable ? "" : " read-only", (unsigned int)ext4.blocks, ext4.fs->blocksize,
		  (unsigned int)(cache_bytes(cache) >> 10));
	return 0;
}

static int wanted_mount(const char *wanted)
{
	struct blkfront *disk = blkfront_open_name(wanted);
	struct blkfront_info info = {0};
	if (disk)
		blkfront_info(disk, &info);
	if (!info.connected) {
		log_error("ext4: the disk %s is not there", wanted);
		return -ENODEV;
	}
	int error = disk_mount(disk, info.name);
	if (error == -EINVAL)
		log_error("ext4: %s holds no ext2, ext3 or ext4", info.name);
	return error;
}

/* What is on the disks before it (the CD that an HVM guest came from) is the program's business. */
static int first_mount(void)
{
	struct blkfront *disk;
	for (unsigned int i = 0; (disk = blkfront_open(i)) != NULL; i++) {
		struct blkfront_info info;
		blkfront_info(disk, &info);
		int error = info.connected ? disk_mount(disk, info.name) : -EINVAL;
		if (error != -EINVAL)
			return error;
	}
	return 0;
}

static int root_mount(void)
{
	const char *wanted = boot_option("root");
	if (wanted && strcmp(wanted, "none") == 0)
		return 0;
	xenbus_devices_ready(time_in(DISK_PATIENCE));
	return wanted ? wanted_mount(wanted) : first_mount();
}
INIT(INIT_SYSTEM, root_mount);

static void root_unmount(int status)
{
	(void)status;
	if (!ext4.fs)
		return;
	ext4_lock();
	ext4_end_writing();
	ext4_unlock();
}
EXIT_HOOK(root_unmount);

static int fs_stats(char *buf, size_t size)
{
	struct cache_stats stats = {0};
	if (ext4.fs)
		cache_stats(ext4.cache, &stats);
	return format(buf, size,
		      "fs-cache-lines %zu\nfs-lines-found %lu\nfs-lines-fetched %lu\n"
		      "fs-lines-dirty %zu\nfs-writes %lu\nfs-written-bytes %lu\n",
		      stats.lines, stats.found, stats.fetched, stats.dirty, stats.writes,
		      stats.written_bytes);
}
STATS(fs_stats);
