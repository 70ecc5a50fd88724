/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   newlib on the kernel: memory, printf, errno of each thread, locks of streams, setjmp,
 *         clocks, arguments, descriptors, poll() and select(), and that what cannot be fails as POSIX says.
 * Why:    programs stand on this without asking.
 * Method: plain calls of POSIX; files of the test's own kind where a file must be slow, full or
 *         not ready. Runs on bare Xen: there is no disk, so every path is ENOENT. Its command line
 *         is that of tests/guest/run.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <malloc.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/libc/file.h"

#define FAILS(call, code) (errno = 0, (call) == -1 && errno == (code))

/* --- a file of the test's own: a pipe to itself that takes one piece at a time ------------------ */

static struct pipe {
	struct file file;
	char data[64];
	size_t length;
	struct waitq changed;
	unsigned int writes, closed;
} pipes[2];

static void pipe_changed(struct pipe *p)
{
	waitq_wake_all(&p->changed);
	file_notify(&p->file);
}

static ssize_t pipe_read(struct file *f, void *buf, size_t len)
{
	struct pipe *p = (struct pipe *)f;
	if ((f->flags & O_NONBLOCK) && !p->length)
		return -EAGAIN;
	waitq_wait_until(&p->changed, p->length, TIME_FOREVER);
	if (len > p->length)
		len = p->length;
	memcpy(buf, p->data, len);
	memmove(p->data, p->data + len, p->length - len);
	p->length -= len;
	pipe_changed(p);
	return (ssize_t)len;
}

static ssize_t pipe_write(struct file *f, const void *buf, size_t len)
{
	struct pipe *p = (struct pipe *)f;
	p->writes++;
	waitq_wait_until(&p->changed, !p->length, TIME_FOREVER);
	if (len > sizeof(p->data))
		len = sizeof(p->data);
	memcpy(p->data, buf, len);
	p->length = len;
	pipe_changed(p);
	return (ssize_t)len;
}

static short pipe_poll(struct file *f)
{
	return ((struct pipe *)f)->length ? POLLIN : POLLOUT;
}

static int pipe_close(struct file *f)
{
	((struct pipe *)f)->closed++;
	return 0;
}

static const struct file_ops pipe_ops = {
	.read = pipe_read, .write = pipe_write, .poll = pipe_poll, .close = pipe_close};

static int pipe_open(struct pipe *p)
{
	p->length = p->writes = p->closed = 0;
	file_init(&p->file, &pipe_ops, O_RDWR);
	return file_install(&p->file);
}

/* --- memory and text --------------------------------------------------------------------------- */

static void test_memory(void)
{
	struct heap_stats before, after;
	heap_stats(&before);
	char *p = malloc(100);
	CHECK(p && malloc_usable_size(p) >= 100);
	strcpy(p, "kept");
	p = realloc(p, 100000);
	CHECK(p && strcmp(p, "kept") == 0);
	free(p);
	p = calloc(10, 10);
	CHECK(p && !p[0] && !p[99]);
	free(p);
	void *aligned = NULL;
	CHECK(posix_memalign(&aligned, 4096, 10) == 0 && (uintptr_t)aligned % 4096 == 0);
	free(aligned);
	CHECK(posix_memalign(&aligned, 3, 10) == EINVAL);
	const volatile size_t many = (size_t)1 << 62;
	errno = 0;
	CHECK(!calloc(many, 8) && errno == ENOMEM);
	errno = 0;
	CHECK(!malloc(many) && errno == ENOMEM);
	heap_stats(&after);
	CHECK(before.objects == after.objects);
}

static void test_text(void)
{
	char text[128];
	snprintf(text, sizeof(text), "%5d|%-5s|%08.3f|%Lg|%Lf|%lld|%zu|%hhx", -42, "ab", 3.14159,
		 1e100L, -2.5L, 1ll << 40, sizeof(text), 0x1ff);
	CHECK(strcmp(text, "  -42|ab   |0003.142|1e+100|-2.500000|1099511627776|128|ff") == 0);
	const volatile size_t room = 4;
	CHECK(snprintf(text, room, "%s", "longer") == 6 && strcmp(text, "lon") == 0);
	int a;
	double b;
	CHECK(sscanf("7 2.5", "%d %lf", &a, &b) == 2 && a == 7 && b == 2.5);
	CHECK(strtod("0x1.8p1", NULL) == 3.0 && strtol("-77", NULL, 8) == -63);
	struct tm tm;
	const time_t day = 1767225600;
	CHECK(gmtime_r(&day, &tm) && strftime(text, sizeof(text), "%a, %d %b %Y %T", &tm) &&
	      strcmp(text, "Thu, 01 Jan 2026 00:00:00") == 0);
	CHECK(setenv("NAME", "value", 1) == 0 && strcmp(getenv("NAME"), "value") == 0);
	CHECK(!getenv("NOT_SET"));
}

/* --- jumps ------------------------------------------------------------------------------------- */

static jmp_buf back;

static void __attribute__((noinline)) jump(int value)
{
	longjmp(back, value);
}

static void test_jumps(void)
{
	volatile int times = 0;
	const int first = setjmp(back);
	if (times == 0) {
		CHECK(first == 0);
		times = 1;
		jump(0); /* which newlib 3.3.0 takes to be the first return again */
	} else if (times == 1) {
		CHECK(first == 1);
		times = 2;
		jump(7);
	}
	CHECK(times == 2 && first == 7);
}

/* --- threads ----------------------------------------------------------------------------------- */

static unsigned int threads_done;
static struct waitq done_waitq;

static void thread_done(void)
{
	threads_done++;
	waitq_wake_all(&done_waitq);
}

static bool threads_wait(unsigned int count)
{
	return waitq_wait_until(&done_waitq, threads_done == count, time_in(5 * TIME_S)) == 0;
}

static void errno_thread(void *arg)
{
	errno = *(int *)arg;
	thread_yield();
	if (errno != *(int *)arg)
		*(int *)arg = -1;
	strtok((char[]){"x y"}, " ");
	thread_done();
}

static void test_errno(void)
{
	static int codes[3] = {ENOENT, EIO, EPERM};
	struct heap_stats before, after;
	heap_stats(&before);
	threads_done = 0;
	errno = EDOM;
	for (int i = 0; i < 3; i++)
		CHECK(thread_create("errno", errno_thread, &codes[i], 0));
	CHECK(threads_wait(3));
	thread_yield(); /* and they end */
	thread_yield();
	CHECK(errno == EDOM && codes[0] == ENOENT && codes[1] == EIO && codes[2] == EPERM);
	heap_stats(&after);
	CHECK(before.objects == after.objects);
}

/* Both write lines to one stream whose every flush blocks: no line may be torn. */
static FILE *stream;

static void print_thread(void *arg)
{
	for (int i = 0; i < 20; i++)
		fprintf(stream, "%s%s%s%s%s%s%s%s\n", (char *)arg, (char *)arg, (char *)arg,
			(char *)arg, (char *)arg, (char *)arg, (char *)arg, (char *)arg);
	fflush(stream);
	thread_done();
}

static void test_streams(void)
{
	int fd = pipe_open(&pipes[0]);
	stream = fdopen(fd, "w");
	if (!CHECK(stream))
		return;
	setvbuf(stream, NULL, _IOFBF, 50); /* shorter than two lines, and no multiple of one */
	threads_done = 0;
	CHECK(thread_create("a", print_thread, "aaaa", 0));
	CHECK(thread_create("b", print_thread, "bbbb", 0));
	char line[80];
	size_t at = 0, lines = 0, torn = 0;
	while (lines < 40) {
		char c;
		if (read(fd, &c, 1) != 1)
			break;
		if (c != '\n') {
			line[at++ % sizeof(line)] = c;
			continue;
		}
		lines++;
		torn += at != 32 || strspn(line, "a") % 32 != 0 || strspn(line, "b") % 32 != 0;
		at = 0;
		memset(line, 0, sizeof(line));
	}
	CHECK(threads_wait(2));
	CHECK(lines == 40 && torn == 0);
	CHECK(pipes[0].writes > 20);
	CHECK(fclose(stream) == 0 && pipes[0].closed == 1);
}

/* --- time -------------------------------------------------------------------------------------- */

static void test_time(void)
{
	struct timespec a, b, nap = {0, 20000000}, wrong = {0, 1000000000};
	CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0 && nanosleep(&nap, NULL) == 0 &&
	      clock_gettime(CLOCK_MONOTONIC, &b) == 0);
	const long long ms = (b.tv_sec - a.tv_sec) * 1000ll + (b.tv_nsec - a.tv_nsec) / 1000000;
	CHECK(ms >= 19 && ms < 2000);
	struct timeval now;
	CHECK(gettimeofday(&now, NULL) == 0 && now.tv_sec > 1577836800);
	CHECK(llabs((long long)time(NULL) - now.tv_sec) <= 1);
	CHECK(FAILS(clock_gettime((clockid_t)99, &a), EINVAL) &&
	      FAILS(nanosleep(&wrong, NULL), EINVAL));
	CHECK(FAILS(clock_settime(CLOCK_REALTIME, &a), EPERM));
}

/* --- descriptors ------------------------------------------------------------------------------- */

static void test_descriptors(void)
{
	struct stat st;
	const unsigned int before = file_count();
	CHECK(isatty(0) && isatty(1) && isatty(2));
	CHECK(fstat(1, &st) == 0 && S_ISCHR(st.st_mode));
	CHECK(FAILS(lseek(1, 0, SEEK_SET), ESPIPE) && FAILS(close(77), EBADF) &&
	      FAILS(read(-1, &st, 1), EBADF) && FAILS(ftruncate(1, 0), EINVAL));
	int fd = pipe_open(&pipes[0]);
	CHECK(fd == 3 && !isatty(fd) && errno == ENOTTY);
	int copy = dup(fd);
	CHECK(copy == 4 && dup2(fd, 20) == 20 && dup2(fd, fd) == fd);
	CHECK(fcntl(fd, F_DUPFD, 10) == 10);
	CHECK(close(fd) == 0 && pipes[0].closed == 0);
	CHECK(write(20, "ab", 2) == 2);
	char text[3] = "";
	struct iovec iov[2] = {{text, 1}, {text + 1, 1}};
	CHECK(readv(copy, iov, 2) == 2 && strcmp(text, "ab") == 0);
	/* the flag is the file's, whichever descriptor it was set through */
	CHECK(fcntl(copy, F_SETFL, O_NONBLOCK) == 0 && (fcntl(20, F_GETFL) & O_NONBLOCK));
	CHECK(FAILS(read(20, text, 1), EAGAIN));
	int off = 0;
	CHECK(ioctl(copy, FIONBIO, &off) == 0 && !(fcntl(20, F_GETFL) & O_NONBLOCK));
	CHECK(FAILS(ioctl(copy, 0x1234), ENOTTY) && FAILS(fcntl(copy, 99), EINVAL));
	CHECK(close(copy) == 0 && close(20) == 0 && pipes[0].closed == 0);
	CHECK(close(10) == 0 && pipes[0].closed == 1);
	CHECK(file_count() == before);
}

/* More than 1,024, and each is the lowest that is free. */
static void test_many(void)
{
	const int many = 3000;
	int fd = pipe_open(&pipes[0]), in_order = 0;
	for (int i = 1; i < many; i++)
		in_order += dup(fd) == fd + i;
	CHECK(in_order == many - 1);
	CHECK(close(fd + 1000) == 0 && close(fd + 500) == 0 && dup(fd) == fd + 500 &&
	      dup(fd) == fd + 1000 && dup(fd) == fd + many);
	for (int i = 0; i <= many; i++)
		close(fd + i);
	CHECK(pipes[0].closed == 1);
}

/* --- poll and select --------------------------------------------------------------------------- */

static void fill_thread(void *arg)
{
	thread_sleep_until(time_in(20 * TIME_MS));
	if (write(*(int *)arg, "x", 1) == 1)
		thread_done();
}

static void close_thread(void *arg)
{
	thread_sleep_until(time_in(10 * TIME_MS));
	close(*(int *)arg);
	thread_done();
}

static void test_poll(void)
{
	int a = pipe_open(&pipes[0]), b = pipe_open(&pipes[1]);
	struct pollfd fds[4] = {{a, POLLIN, 0}, {b, POLLIN, 0}, {-1, POLLIN, 9}, {99, 0, 0}};
	CHECK(poll(fds, 3, 0) == 0 && fds[2].revents == 0);
	CHECK(poll(fds, 4, 0) == 1 && fds[3].revents == POLLNVAL);
	uint64_t begin = time_monotonic_ns();
	CHECK(poll(fds, 2, 30) == 0 && time_monotonic_ns() - begin >= 29 * TIME_MS);
	threads_done = 0;
	CHECK(thread_create("fill", fill_thread, &b, 0));
	CHECK(poll(fds, 2, 5000) == 1 && fds[0].revents == 0 && fds[1].revents == POLLIN);
	CHECK(threads_wait(1));
	fds[0].events = POLLOUT;
	CHECK(poll(fds, 2, -1) == 2 && fds[0].revents == POLLOUT);

	/* select: the same answers, in sets */
	fd_set in, out;
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(a, &in);
	FD_SET(b, &in);
	FD_SET(a, &out);
	struct timeval none = {0, 0};
	CHECK(select(b + 1, &in, &out, NULL, &none) == 2 && !FD_ISSET(a, &in) && FD_ISSET(b, &in) &&
	      FD_ISSET(a, &out));
	FD_ZERO(&in);
	FD_SET(900, &in);
	CHECK(FAILS(select(901, &in, NULL, NULL, &none), EBADF));
	CHECK(FAILS(select(5000, &in, NULL, NULL, &none), EINVAL));

	/* closed by another thread meanwhile: the file lives until the poll() is over */
	threads_done = 0;
	CHECK(thread_create("close", close_thread, &a, 0));
	fds[0].events = POLLIN;
	CHECK(poll(fds, 1, 50) == 0 && threads_done == 1 && pipes[0].closed == 1);
	CHECK(close(b) == 0 && pipes[1].closed == 1 && !pipes[1].file.watches);
}

/* --- what there is not ------------------------------------------------------------------------- */

static void test_absent(void)
{
	struct stat st;
	CHECK(FAILS(open("/etc/passwd", O_RDONLY), ENOENT) && FAILS(stat("/", &st), ENOENT) &&
	      FAILS(access("x", R_OK), ENOENT) && FAILS(unlink("x"), ENOENT));
	errno = 0;
	CHECK(!opendir("/") && errno == ENOENT);
	errno = 0;
	CHECK(!fopen("x", "r") && errno == ENOENT);
	CHECK(FAILS(fork(), ENOSYS) && FAILS(execv("/x", NULL), ENOSYS) &&
	      FAILS(pipe((int[2]){0, 0}), ENOSYS) && FAILS(waitpid(1, NULL, 0), ECHILD));
	CHECK(system(NULL) == 0 && FAILS(system("true"), ENOSYS));
	CHECK(getpid() == 1 && kill(getpid(), 0) == 0 && FAILS(kill(2, SIGTERM), ESRCH));
	unsigned char random[2][32] = {{0}};
	if (getentropy(random[0], 32) == 0)
		CHECK(getentropy(random[1], 32) == 0 && memcmp(random[0], random[1], 32) != 0);
	else
		CHECK(errno == ENOSYS);
	CHECK(FAILS(getentropy(random, 300), EIO));
}

/* The verdict must be the last word, and be flushed by exit() without a newline's help. */
static int status;

static void last_word(void)
{
	status = verdict("posix");
	_exit(status);
}

int main(int argc, char **argv)
{
	CHECK(argc == 2 && strcmp(argv[1], "two words") == 0 && !argv[2]);
	CHECK(getenv("COLOUR") && strcmp(getenv("COLOUR"), "blue") == 0);
	test_memory();
	test_text();
	test_jumps();
	test_errno();
	test_streams();
	test_time();
	test_descriptors();
	test_many();
	test_poll();
	test_absent();
	CHECK(atexit(last_word) == 0);
	return 3;
}
