/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   the root directory on a disk: every way to read it, several threads at once, and that
 *         nothing of it can be changed.
 * Why:    web pages come from there.
 * Method: the disk of image.sh. The file "numbers" holds the output of seq, which is made here
 *         again to compare with; what is left of descriptors and heap at the end must be what was
 *         there at the beginning.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/page.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/libc/file.h"

#define FAILS(call, code) (errno = 0, (call) == -1 && errno == (code))

static char *numbers; /* what seq 1 300000 says */
static size_t numbers_len;

static bool numbers_make(void)
{
	numbers = malloc(2200000);
	if (!numbers)
		return false;
	for (int i = 1; i <= 300000; i++)
		numbers_len += (size_t)sprintf(numbers + numbers_len, "%d\n", i);
	return true;
}

static bool read_all(const char *path, size_t chunk)
{
	char *buf = malloc(chunk);
	int fd = open(path, O_RDONLY);
	size_t at = 0;
	int n = 0;
	while (fd >= 0 && (n = read(fd, buf, chunk)) > 0) {
		if (at + (size_t)n > numbers_len || memcmp(buf, numbers + at, (size_t)n) != 0)
			break;
		at += (size_t)n;
	}
	free(buf);
	return fd >= 0 && close(fd) == 0 && n == 0 && at == numbers_len;
}

static void test_reading(void)
{
	static const size_t chunks[] = {37, 4096, 10000, 65536, 300000, 3000000};
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		uint64_t begin = time_monotonic_ns();
		CHECK(read_all("/numbers", chunks[i]));
		uint64_t us = (time_monotonic_ns() - begin) / 1000;
		say("%zu bytes by %zu: %llu us\n", numbers_len, chunks[i], (unsigned long long)us);
	}
	CHECK(read_all("a/absolute", 5000));

	char buf[8];
	int fd = open("/sparse", O_RDONLY);
	CHECK(fd >= 0 && lseek(fd, 0, SEEK_END) == 5 << 20);
	CHECK(pread(fd, buf, 8, 4999997) == 8 && memcmp(buf, "\0\0\0end\0\0", 8) == 0);
	CHECK(lseek(fd, -1, SEEK_END) == (5 << 20) - 1 && read(fd, buf, 8) == 1 && buf[0] == 0);
	CHECK(read(fd, buf, 8) == 0 && FAILS(lseek(fd, -1, SEEK_SET), EINVAL));
	CHECK(FAILS(pread(fd, buf, 1, -1), EINVAL));
	CHECK(close(fd) == 0);

	FILE *f = fopen("/numbers", "r");
	char line[16];
	CHECK(f && fgets(line, sizeof(line), f) && strcmp(line, "1\n") == 0);
	CHECK(fseek(f, -7, SEEK_END) == 0 && fgets(line, sizeof(line), f) &&
	      strcmp(line, "300000\n") == 0 && !fgets(line, sizeof(line), f) && feof(f));
	fclose(f);
}

/* --- several at once --------------------------------------------------------------------------- */

static unsigned int readers_done, readers_wrong;
static struct waitq done_waitq;

static void reader(void *arg)
{
	unsigned int random = (unsigned int)(uintptr_t)arg;
	char *buf = malloc(40000);
	int fd = open("/numbers", O_RDONLY);
	for (int i = 0; i < 60; i++) {
		random = random * 1103515245u + 12345u;
		const size_t at = (random >> 8) % numbers_len;
		size_t len = (random >> 3) % 40000, there = numbers_len - at;
		if (len < there)
			there = len;
		if (!buf || pread(fd, buf, len, (off_t)at) != (ssize_t)there ||
		    memcmp(buf, numbers + at, there) != 0)
			readers_wrong++;
		struct stat st;
		if (i % 16 == 0 && stat("/many/file-299", &st))
			readers_wrong++;
	}
	close(fd);
	free(buf);
	readers_done++;
	waitq_wake_all(&done_waitq);
}

static void test_threads(void)
{
	const unsigned int count = 8;
	for (uintptr_t i = 1; i <= count; i++)
		CHECK(thread_create("reader", reader, (void *)i, 0));
	CHECK(waitq_wait_until(&done_waitq, readers_done == count, time_in(60 * TIME_S)) == 0);
	CHECK(readers_wrong == 0);
}

/* --- names ------------------------------------------------------------------------------------- */

static int count_names(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	int count = 0;
	struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			 entry->d_type == DT_REG;
	if (dir) {
		rewinddir(dir);
		entry = readdir(dir);
		count += !entry || strcmp(entry->d_name, ".") != 0;
		closedir(dir);
	}
	return count;
}

static void test_names(void)
{
	struct stat st;
	char target[32];
	CHECK(stat("/", &st) == 0 && S_ISDIR(st.st_mode) && st.st_ino == 2);
	CHECK(stat("//a/./b/../b/relative", &st) == 0 && S_ISREG(st.st_mode) &&
	      (size_t)st.st_size == numbers_len);
	CHECK(lstat("/a/b/relative", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 13);
	CHECK(readlink("/a/b/relative", target, sizeof(target)) == 13 &&
	      memcmp(target, "../../numbers", 13) == 0);
	CHECK(stat("/../../numbers", &st) == 0 && access("/numbers", R_OK) == 0);
	CHECK(count_names("/many", "file-") == 300);

	static char deep[5000];
	memset(deep, 'x', sizeof(deep));
	deep[4999] = '\0';
	CHECK(FAILS(stat(deep, &st), ENAMETOOLONG));
	deep[300] = '\0';
	CHECK(FAILS(stat(deep, &st), ENAMETOOLONG));
	CHECK(FAILS(stat("/cycle", &st), ELOOP) && FAILS(stat("/nothing", &st), ENOENT));
	CHECK(FAILS(stat("/numbers/", &st), ENOTDIR) && FAILS(stat("/numbers/x", &st), ENOTDIR));
	CHECK(FAILS(stat("", &st), ENOENT) && FAILS(readlink("/a", target, 1), EINVAL));
	CHECK(FAILS(open("/cycle", O_RDONLY | O_NOFOLLOW), ELOOP));
	CHECK(FAILS(open("/numbers", O_RDONLY | O_DIRECTORY), ENOTDIR));
	int fd = open("/a", O_RDONLY);
	CHECK(fd >= 0 && FAILS(read(fd, target, 1), EISDIR) && close(fd) == 0);
}

static void test_read_only(void)
{
	CHECK(FAILS(open("/numbers", O_RDWR), EROFS) &&
	      FAILS(open("/new", O_CREAT | O_WRONLY), EROFS));
	CHECK(FAILS(open("/numbers", O_RDONLY | O_CREAT | O_EXCL), EEXIST));
	CHECK(FAILS(unlink("/numbers"), EROFS) && FAILS(mkdir("/new", 0755), EROFS) &&
	      FAILS(mkdir("/a", 0755), EEXIST) && FAILS(rename("/a", "/c"), EROFS) &&
	      FAILS(rmdir("/a"), EROFS) && FAILS(unlink("/none"), ENOENT));
	CHECK(FAILS(access("/numbers", W_OK), EROFS));
	errno = 0;
	CHECK(!fopen("/numbers", "a") && errno == EROFS);
	int fd = open("/numbers", O_RDONLY);
	CHECK(FAILS(write(fd, "x", 1), EBADF) && close(fd) == 0);
}

int main(int argc, char **argv)
{
	struct stat st;
	if (argc > 1 && strcmp(argv[1], "none") == 0) {
		CHECK(FAILS(stat("/", &st), ENOENT) && FAILS(open("/numbers", O_RDONLY), ENOENT));
		return verdict("ext4");
	}
	if (stat("/numbers", &st))
		return verdict_error("ext4", "there is no disk from image.sh");
	if (!numbers_make())
		return verdict_error("ext4", "no memory");
	/* The first time fills newlib's own tables; what leaks does so every time. */
	struct heap_stats before = {0}, after = {0};
	const unsigned int files = file_count();
	for (int round = 0; round < 2; round++) {
		readers_done = 0;
		test_names();
		test_read_only();
		test_reading();
		test_threads();
		thread_sleep_until(time_in(10 * TIME_MS));
		before = after;
		heap_stats(&after);
	}
	CHECK(before.objects == after.objects && file_count() == files);
	struct page_stats pages;
	page_stats(&pages);
	say("%zu of %zu pages in use\n", pages.in_use, pages.total);
	return verdict("ext4");
}
