/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   every call of POSIX that changes files, on a disk.
 * Why:    programs that keep data (SQLite, logs, mail) stand on these and on what they promise.
 * Method: a disk that has been made just now and is this test's own. What was made is removed at
 *         the end, and blocks, inodes and descriptors must be what they were. dom0 looks at
 *         the disk afterwards (e2fsck). `readonly` is for a disk that cannot be written, `calls` leaves
 *         out what is more than calls (streams, threads): tests/unit/ext4/files runs that on the host.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/libc/file.h"

#define FAILS(call, code) (errno = 0, (call) == -1 && errno == (code))

static bool file_put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	const size_t len = strlen(text);
	return fd >= 0 && write(fd, text, len) == (int)len && close(fd) == 0;
}

static bool file_is(const char *path, const char *text)
{
	char buf[64] = "";
	int fd = open(path, O_RDONLY);
	return fd >= 0 && read(fd, buf, sizeof(buf) - 1) == (int)strlen(text) && close(fd) == 0 &&
	       strcmp(buf, text) == 0;
}

static ino_t inode_of(const char *path)
{
	struct stat st;
	return lstat(path, &st) ? 0 : st.st_ino;
}

/* --- open and its flags ------------------------------------------------------------------------ */

static void test_open(void)
{
	struct stat st;
	CHECK(umask(027) == 022);
	int fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0666);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	      (st.st_mode & 07777) == 0640 && st.st_nlink == 1 && st.st_size == 0);
	CHECK(umask(022) == 027);
	CHECK(FAILS(open("new", O_RDWR | O_CREAT | O_EXCL, 0666), EEXIST));
	CHECK(write(fd, "0123456789", 10) == 10 && lseek(fd, 2, SEEK_SET) == 2 &&
	      write(fd, "ab", 2) == 2 && close(fd) == 0 && file_is("new", "01ab456789"));

	fd = open("new", O_WRONLY | O_APPEND);
	CHECK(fd >= 0 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "+", 1) == 1 &&
	      lseek(fd, 0, SEEK_CUR) == 11 && FAILS(read(fd, &st, 1), EBADF));
	CHECK(fcntl(fd, F_SETFL, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "-", 1) == 1 &&
	      close(fd) == 0 && file_is("new", "-1ab456789+"));
	fd = open("new", O_RDONLY);
	CHECK(FAILS(write(fd, "x", 1), EBADF) && FAILS(ftruncate(fd, 0), EINVAL) && close(fd) == 0);
	fd = creat("new", 0600);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0 && (st.st_mode & 0777) == 0640 &&
	      close(fd) == 0);
	CHECK(FAILS(open(".", O_RDWR), EISDIR) &&
	      FAILS(open("none/new", O_CREAT | O_RDWR, 0600), ENOENT) &&
	      FAILS(open("new/x", O_CREAT | O_RDWR, 0600), ENOTDIR));
	CHECK(unlink("new") == 0 && FAILS(unlink("new"), ENOENT));
}

/* --- data -------------------------------------------------------------------------------------- */

static void test_data(void)
{
	char buf[32] = "";
	struct stat st;
	int fd = open("data", O_RDWR | O_CREAT, 0644);
	struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defg", 4}};
	struct iovec in[2] = {{buf, 2}, {buf + 2, 6}};
	CHECK(writev(fd, out, 3) == 7 && pwritev(fd, out, 3, 100000) == 7);
	CHECK(preadv(fd, in, 2, 0) == 8 && memcmp(buf, "abcdefg\0", 8) == 0);
	CHECK(pwrite(fd, "XY", 2, 1) == 2 && pread(fd, buf, 4, 0) == 4 &&
	      memcmp(buf, "aXYd", 4) == 0 && lseek(fd, 0, SEEK_CUR) == 7);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 100007 && st.st_blocks * 512 < 100007);
	CHECK(pread(fd, buf, 4, 50000) == 4 && memcmp(buf, "\0\0\0\0", 4) == 0);
	CHECK(FAILS(pwrite(fd, "x", 1, -1), EINVAL) && FAILS(pwritev(fd, out, 3, -1), EINVAL));

	CHECK(ftruncate(fd, 3) == 0 && ftruncate(fd, 6) == 0 && pread(fd, buf, 9, 0) == 6 &&
	      memcmp(buf, "aXY\0\0\0", 6) == 0);
	CHECK(truncate("data", 2) == 0 && fstat(fd, &st) == 0 && st.st_size == 2);
	CHECK(FAILS(truncate("data", -1), EINVAL) && FAILS(truncate("none", 0), ENOENT) &&
	      FAILS(truncate(".", 0), EISDIR));

	CHECK(posix_fallocate(fd, 0, 300000) == 0 && fstat(fd, &st) == 0 && st.st_size == 300000 &&
	      st.st_blocks * 512 >= 300000 && pread(fd, buf, 4, 0) == 4 &&
	      memcmp(buf, "aX\0\0", 4) == 0);
	CHECK(posix_fallocate(fd, -1, 1) == EINVAL && posix_fallocate(99, 0, 1) == EBADF);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0 &&
	      posix_fadvise(fd, 0, 0, 77) == EINVAL && posix_fadvise(1, 0, 0, 0) == ESPIPE);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && FAILS(fsync(77), EBADF) &&
	      FAILS(fsync(1), EINVAL));
	sync();
	CHECK(close(fd) == 0);
	fd = open("data", O_WRONLY | O_SYNC);
	CHECK((fcntl(fd, F_GETFL) & O_SYNC) && write(fd, "sync", 4) == 4 && close(fd) == 0);

	/* Far beyond 4 GiB, in a file of holes. */
	fd = open("data", O_RDWR | O_TRUNC);
	const off_t far = ((off_t)6 << 30) + 5;
	CHECK(pwrite(fd, "far", 3, far) == 3 && lseek(fd, 0, SEEK_END) == far + 3 &&
	      pread(fd, buf, 8, far - 2) == 5 && memcmp(buf, "\0\0far", 5) == 0);
	CHECK(close(fd) == 0 && unlink("data") == 0);
}

static void test_streams(void)
{
	char line[32];
	FILE *f = fopen("stream", "w+");
	CHECK(f && fprintf(f, "%d lines\n%s\n", 2, "second") == 15 && fseek(f, 0, SEEK_SET) == 0 &&
	      fgets(line, sizeof(line), f) && strcmp(line, "2 lines\n") == 0 && fclose(f) == 0);
	f = fopen("stream", "a");
	CHECK(f && fputs("third\n", f) >= 0 && fclose(f) == 0 &&
	      file_is("stream", "2 lines\nsecond\nthird\n"));
	CHECK(remove("stream") == 0 && FAILS(remove("stream"), ENOENT));
	char name[] = "tmp-XXXXXX", folder[] = "folder-XXXXXX";
	int fd = mkstemp(name);
	CHECK(fd >= 0 && inode_of(name) && write(fd, "t", 1) == 1 && close(fd) == 0 &&
	      unlink(name) == 0);
	CHECK(mkdtemp(folder) && rmdir(folder) == 0);
}

/* --- names ------------------------------------------------------------------------------------- */

static void test_names(void)
{
	struct stat st;
	char buf[16];
	CHECK(file_put_text("a", "is a") && file_put_text("b", "is b"));
	const ino_t a = inode_of("a");
	CHECK(link("a", "c") == 0 && stat("c", &st) == 0 && st.st_ino == a && st.st_nlink == 2 &&
	      FAILS(link("a", "b"), EEXIST) && FAILS(link("none", "d"), ENOENT) &&
	      FAILS(link(".", "d"), EPERM));
	CHECK(rename("a", "c") == 0 &&
	      inode_of("a") == a); /* two names of one file: nothing to do */
	CHECK(rename("a", "b") == 0 && !inode_of("a") && file_is("b", "is a") &&
	      inode_of("b") == a);
	CHECK(FAILS(rename("none", "b"), ENOENT) && unlink("c") == 0 && stat("b", &st) == 0 &&
	      st.st_nlink == 1);

	CHECK(symlink("b", "to-b") == 0 && readlink("to-b", buf, sizeof(buf)) == 1 && *buf == 'b' &&
	      file_is("to-b", "is a") && lstat("to-b", &st) == 0 && S_ISLNK(st.st_mode));
	CHECK(FAILS(symlink("x", "to-b"), EEXIST) &&
	      FAILS(open("to-b", O_RDWR | O_NOFOLLOW), ELOOP));
	CHECK(symlink("made", "dangling") == 0 && file_put_text("dangling", "through") &&
	      file_is("made", "through") && unlink("made") == 0 && unlink("dangling") == 0);
	CHECK(unlink("to-b") == 0 && file_is("b", "is a"));

	CHECK(mkdir("d", 0750) == 0 && stat("d", &st) == 0 && S_ISDIR(st.st_mode) &&
	      (st.st_mode & 0777) == 0750 && st.st_nlink == 2);
	CHECK(FAILS(mkdir("d", 0755), EEXIST) && FAILS(unlink("d"), EISDIR) &&
	      FAILS(rmdir("b"), ENOTDIR) && FAILS(mkdir("none/d", 0755), ENOENT));
	CHECK(mkdir("d/e", 0755) == 0 && stat("d", &st) == 0 && st.st_nlink == 3 &&
	      FAILS(rmdir("d"), ENOTEMPTY) && FAILS(rename("d", "d/e/f"), EINVAL) &&
	      FAILS(rename("b", "d"), EISDIR) && FAILS(rename("d", "b"), ENOTDIR));
	CHECK(mkdir("f", 0755) == 0 && rename("b", "d/e/b") == 0 && rename("d/e", "f") == 0 &&
	      file_is("f/b", "is a") && stat("f/..", &st) == 0 && st.st_ino == inode_of("."));
	CHECK(FAILS(rename("d", "f"), ENOTEMPTY) && rename("f/b", "b") == 0 && rmdir("f") == 0 &&
	      remove("d") == 0 && unlink("b") == 0);

	/* The longest name there may be, and one more. */
	char name[NAME_MAX + 2];
	memset(name, 'n', sizeof(name));
	name[NAME_MAX + 1] = '\0';
	CHECK(FAILS(mkdir(name, 0755), ENAMETOOLONG));
	name[NAME_MAX] = '\0';
	CHECK(file_put_text(name, "long") && file_is(name, "long") && unlink(name) == 0);
}

/* A file that has no name any more is there until it is closed, and then its blocks are free. */
static void test_unlinked(void)
{
	struct statvfs before, held, after;
	static char block[65536];
	char text[4];
	sync();
	CHECK(statvfs(".", &before) == 0);
	int fd = open("gone", O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < 16; i++)
		CHECK(write(fd, block, sizeof(block)) == sizeof(block));
	CHECK(pwrite(fd, "kept", 4, 500000) == 4 && fsync(fd) == 0 && unlink("gone") == 0);
	sync();
	struct stat st;
	CHECK(fstatvfs(fd, &held) == 0 &&
	      held.f_bfree + (1 << 20) / held.f_frsize <= before.f_bfree);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && pread(fd, text, 4, 500000) == 4 &&
	      memcmp(text, "kept", 4) == 0 && close(fd) == 0);
	sync();
	CHECK(statvfs(".", &after) == 0 && after.f_bfree == before.f_bfree &&
	      after.f_ffree == before.f_ffree);
}

/* --- directories ------------------------------------------------------------------------------- */

#define MANY 1000

static int is_even(const struct dirent *entry)
{
	return entry->d_name[0] == 'f' && atoi(entry->d_name + 1) % 2 == 0;
}

static void test_directories(void)
{
	char name[NAME_MAX + 1];
	static bool seen[MANY];
	memset(seen, 0, sizeof(seen));
	CHECK(mkdir("many", 0755) == 0 && chdir("many") == 0);
	int made = 0;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		made += fd >= 0 && close(fd) == 0;
	}
	CHECK(made == MANY);

	struct dirent **list = NULL;
	int count = scandir(".", &list, is_even, alphasort);
	CHECK(count == MANY / 2 && strcmp(list[0]->d_name, "f0") == 0 &&
	      strcmp(list[1]->d_name, "f10") == 0);
	while (count > 0)
		free(list[--count]);
	free(list);

	/* Where it was told to go on, and removing what is read meanwhile. */
	DIR *dir = opendir(".");
	struct dirent *entry = NULL;
	for (int i = 0; dir && i < 100; i++)
		entry = readdir(dir);
	long at = dir ? telldir(dir) : 0;
	entry = dir ? readdir(dir) : NULL;
	CHECK(entry);
	snprintf(name, sizeof(name), "%s", entry ? entry->d_name : "");
	for (int i = 0; dir && i < 50; i++)
		readdir(dir);
	CHECK(dir && (seekdir(dir, at), entry = readdir(dir)) && strcmp(entry->d_name, name) == 0);
	CHECK(dir && (rewinddir(dir), entry = readdir(dir)) && strcmp(entry->d_name, ".") == 0);
	int removed = 0;
	while (dir && (entry = readdir(dir))) {
		const int number = atoi(entry->d_name + 1);
		if (entry->d_name[0] != 'f')
			continue;
		removed += !seen[number] && unlink(entry->d_name) == 0;
		seen[number] = true;
	}
	CHECK(removed == MANY);
	CHECK(dir && fsync(dirfd(dir)) == 0 && closedir(dir) == 0);
	CHECK(chdir("..") == 0 && rmdir("many") == 0);
}

/* The working directory, and what is relative to it. */
static void test_working(void)
{
	char buf[PATH_MAX], small[4];
	CHECK(mkdir("w", 0755) == 0 && symlink("w", "link") == 0 && file_put_text("w/x", "x"));
	CHECK(chdir("link") == 0 && getcwd(buf, sizeof(buf)) && strcmp(buf, "/test/w") == 0 &&
	      file_is("x", "x") && file_is("../w/./x", "x"));
	CHECK(!getcwd(small, sizeof(small)) && errno == ERANGE);
	CHECK(realpath("../link/../w//./x", buf) && strcmp(buf, "/test/w/x") == 0);
	char *made = realpath("/test/link", NULL);
	CHECK(made && strcmp(made, "/test/w") == 0);
	free(made);
	CHECK(!realpath("none", buf) && errno == ENOENT && !realpath("x/y", buf) &&
	      errno == ENOTDIR);
	CHECK(FAILS(chdir("x"), ENOTDIR) && FAILS(chdir("none"), ENOENT));
	CHECK(chdir("/test") == 0 && symlink("loop", "loop") == 0 && !realpath("loop", buf) &&
	      errno == ELOOP);
	CHECK(unlink("loop") == 0 && unlink("link") == 0 && unlink("w/x") == 0 && rmdir("w") == 0);
}

/* --- attributes and locks ---------------------------------------------------------------------- */

static void test_attributes(void)
{
	struct stat st;
	CHECK(file_put_text("m", "") && chmod("m", 0711) == 0 && stat("m", &st) == 0 &&
	      (st.st_mode & 07777) == 0711 && access("m", X_OK | R_OK | W_OK) == 0);
	int fd = open("m", O_RDONLY);
	CHECK(fchmod(fd, 0600) == 0 && stat("m", &st) == 0 && (st.st_mode & 07777) == 0600 &&
	      FAILS(access("m", X_OK), EACCES));
	CHECK(chown("m", 0, 0) == 0 && fchown(fd, (uid_t)-1, 0) == 0 &&
	      FAILS(chown("m", 5, 0), EPERM));

	CHECK(utime("m", &(struct utimbuf){1000, 2000}) == 0 && stat("m", &st) == 0 &&
	      st.st_atime == 1000 && st.st_mtime == 2000);
	struct timespec times[2] = {{0, UTIME_OMIT}, {3000, 5000}};
	CHECK(utimensat(AT_FDCWD, "m", times, 0) == 0 && stat("m", &st) == 0 &&
	      st.st_atime == 1000 && st.st_mtime == 3000);
	struct timeval both[2] = {{4000, 0}, {5000, 0}};
	CHECK(utimes("m", both) == 0 && stat("m", &st) == 0 && st.st_mtime == 5000);
	times[1] = (struct timespec){0, UTIME_NOW};
	CHECK(futimens(fd, times) == 0 && fstat(fd, &st) == 0 && st.st_atime == 4000 &&
	      llabs((long long)time(NULL) - st.st_mtime) < 100);
	times[1].tv_nsec = 2000000000;
	CHECK(FAILS(futimens(fd, times), EINVAL));
	CHECK(fpathconf(fd, _PC_NAME_MAX) == 255 && pathconf("m", _PC_PATH_MAX) == PATH_MAX);
	CHECK(close(fd) == 0 && unlink("m") == 0);
}

static int second = -1;
static struct waitq locked;

static void lock_thread(void *arg)
{
	*(int *)arg = flock(second, LOCK_EX);
	waitq_wake_all(&locked);
}

static void test_locks(void)
{
	int first = open("lock", O_RDWR | O_CREAT, 0644), outcome = 5;
	second = open("lock", O_RDONLY);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
	CHECK(fcntl(first, F_SETLK, &lock) == 0 && fcntl(first, F_SETLKW, &lock) == 0 &&
	      FAILS(fcntl(second, F_SETLK, &lock), EBADF));
	CHECK(fcntl(second, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK);

	CHECK(flock(first, LOCK_SH) == 0 && flock(second, LOCK_SH | LOCK_NB) == 0 &&
	      FAILS(flock(first, LOCK_EX | LOCK_NB), EWOULDBLOCK));
	CHECK(flock(second, LOCK_UN) == 0 && flock(first, LOCK_EX) == 0 &&
	      FAILS(flock(second, LOCK_SH | LOCK_NB), EWOULDBLOCK));
	CHECK(thread_create("lock", lock_thread, &outcome, 0));
	thread_yield();
	CHECK(outcome == 5 && close(first) == 0);
	CHECK(waitq_wait_until(&locked, outcome != 5, time_in(5 * TIME_S)) == 0 && outcome == 0);
	thread_sleep_until(time_in(10 * TIME_MS)); /* it ends */
	CHECK(close(second) == 0 && unlink("lock") == 0);
}

/* --- a full disk ------------------------------------------------------------------------------- */

static void test_full(void)
{
	static char block[65536];
	struct stat st;
	memset(block, 'f', sizeof(block));
	CHECK(file_put_text("before", "was there"));
	int fd = open("full", O_RDWR | O_CREAT, 0644), n = 0;
	off_t written = 0;
	errno = 0;
	while ((n = write(fd, block, sizeof(block))) > 0)
		written += n;
	CHECK(n == -1 && errno == ENOSPC && written > 4 << 20);
	CHECK(fsync(fd) == 0 && fstat(fd, &st) == 0 && st.st_size == written);
	CHECK(pread(fd, block, 16, written - 16) == 16 &&
	      memcmp(block, "ffffffffffffffff", 16) == 0);
	CHECK(file_is("before", "was there"));
	say("full after %lu KiB\n", (unsigned long)written >> 10);
	CHECK(ftruncate(fd, 0) == 0 && close(fd) == 0 && unlink("full") == 0);
	CHECK(file_put_text("before", "and again") && file_is("before", "and again") &&
	      unlink("before") == 0);
}

static void test_readonly(void)
{
	struct stat st;
	CHECK(stat("/", &st) == 0 && access("/", R_OK) == 0 && FAILS(access("/", W_OK), EROFS));
	CHECK(FAILS(open("/new", O_CREAT | O_WRONLY, 0600), EROFS) &&
	      FAILS(mkdir("/new", 0755), EROFS) && FAILS(rmdir("/lost+found"), EROFS) &&
	      FAILS(rename("/lost+found", "/x"), EROFS) &&
	      FAILS(chmod("/lost+found", 0700), EROFS) && FAILS(symlink("a", "/new"), EROFS) &&
	      FAILS(utime("/", NULL), EROFS) && FAILS(unlink("/none"), ENOENT));
	struct statvfs fs;
	CHECK(statvfs("/", &fs) == 0 && (fs.f_flag & ST_RDONLY));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "readonly") == 0) {
		test_readonly();
		return verdict("files");
	}
	if (mkdir("/test", 0755) || chdir("/test"))
		return verdict_error("files", strerror(errno));
	static void (*const tests[])(void) = {
		test_open,    test_data,       test_names,   test_unlinked, test_directories,
		test_working, test_attributes, test_streams, test_locks,
	};
	size_t parts = sizeof(tests) / sizeof(tests[0]);
	if (argc > 1 && strcmp(argv[1], "calls") == 0)
		parts -= 2;
	/* The first time fills newlib's own tables and makes directories as long as they will be. */
	struct heap_stats before = {0}, after = {0};
	struct statvfs fs_before = {0}, fs_after = {0};
	const unsigned int files = file_count();
	test_full();
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < parts; i++) {
			const uint64_t begin = time_monotonic_ns();
			tests[i]();
			say("part %zu: %lu ms\n", i,
			    (unsigned long)((time_monotonic_ns() - begin) / TIME_MS));
		}
		sync();
		before = after;
		heap_stats(&after);
		fs_before = fs_after;
		CHECK(statvfs("/", &fs_after) == 0);
	}
	/* What the file system keeps until its next checkpoint differs from round to round; a leak for
	 * each file would be larger. (LeakSanitizer is exact, on the host.) */
	say("%zu objects on the heap, then %zu\n", before.objects, after.objects);
	CHECK(after.objects < before.objects + MANY / 2 && file_count() == files);
	CHECK(fs_before.f_bfree == fs_after.f_bfree && fs_before.f_ffree == fs_after.f_ffree);
	CHECK(chdir("/") == 0 && rmdir("/test") == 0);
	return verdict("files");
}
