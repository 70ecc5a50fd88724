/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What: apps/httpd/kept_file.c, the files that httpd keeps open.
 * Why:  one that is closed too early is answered with another file's bytes, one that is never
 *       closed is lost; and strangers choose which are asked for, how many, and for how long.
 * How:  files of this host; a descriptor that is open has a state. Time is what the test says.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/httpd/kept_file.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* A descriptor of its own for each, all of one file. */
static struct kept_file *add(const char *path, struct stat *st)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_true(fd >= 0);
	return kept_file_add(path, fd, st);
}

static void one_is_found_again_with_its_lines(void **state)
{
	struct stat st = {.st_mode = S_IFREG, .st_size = 1024, .st_mtime = 784111777};
	struct kept_file *file, *again;

	(void)state;
	assert_null(kept_file_find("/a.html"));
	file = add("/a.html", &st);
	again = kept_file_find("/a.html");
	assert_ptr_equal(again, file);
	assert_null(kept_file_find("/a.htm"));
	assert_null(kept_file_find("/a.html/"));
	assert_int_equal(file->size, 1024);
	assert_string_equal(file->tag, "\"2ebc98a1-400\"");
	assert_int_equal(file->fields_size, strlen(file->fields));
	assert_string_equal(file->fields, "Content-Type: text/html; charset=utf-8\r\n"
					  "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
					  "ETag: \"2ebc98a1-400\"\r\n"
					  "Accept-Ranges: bytes\r\n");
	kept_file_release(file);
	kept_file_release(again);
	assert_true(is_open(file->fd));
	kept_files_tidy(INT64_MAX);
}

/* The greatest numbers and the longest type fit. */
static void the_longest_lines_fit(void **state)
{
	struct stat st = {.st_size = INT64_MAX, .st_mtime = -1};
	struct kept_file *file;

	(void)state;
	file = add("/x.ico", &st);
	assert_string_equal(file->tag, "\"ffffffffffffffff-7fffffffffffffff\"");
	assert_int_equal(file->fields_size, strlen(file->fields));
	assert_string_equal(file->fields + file->fields_size - 4, "es\r\n");
	kept_file_release(file);
	kept_files_tidy(INT64_MAX);
}

static void the_longest_unasked_goes_first(void **state)
{
	struct stat st = {.st_size = 1};
	struct kept_file *file[KEPT_FILES_MAX + 1];
	int fd[KEPT_FILES_MAX + 1];
	char path[16];

	(void)state;
	for (int i = 0; i <= KEPT_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		file[i] = add(path, &st);
		fd[i] = file[i]->fd;
		/* The first is asked for all the time, the second is still being sent. */
		if (i != 1)
			kept_file_release(file[i]);
		file[0] = kept_file_find("/0");
		assert_non_null(file[0]);
		kept_file_release(file[0]);
	}
	assert_null(kept_file_find("/1"));
	assert_true(is_open(fd[1]));
	kept_file_release(file[1]);
	assert_false(is_open(fd[1]));
	for (int i = 2; i <= KEPT_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		file[i] = kept_file_find(path);
		assert_non_null(file[i]);
		assert_int_equal(file[i]->fd, fd[i]);
		kept_file_release(file[i]);
	}
	kept_files_tidy(INT64_MAX);
	for (int i = 0; i <= KEPT_FILES_MAX; i++)
		assert_false(is_open(fd[i]));
}

static void who_idles_is_closed(void **state)
{
	struct stat st = {.st_size = 1};
	struct kept_file *one, *two;
	int64_t asked;
	int fd;

	(void)state;
	assert_int_equal(kept_files_tidy(0), INT64_MAX);
	one = add("/1", &st);
	asked = one->asked;
	fd = one->fd;
	two = add("/2", &st);
	two->asked = asked + 7;
	kept_file_release(one);

	assert_int_equal(kept_files_tidy(asked + KEPT_IDLE_MS - 1), asked + KEPT_IDLE_MS);
	assert_true(is_open(fd));
	assert_int_equal(kept_files_tidy(asked + KEPT_IDLE_MS), asked + 7 + KEPT_IDLE_MS);
	assert_false(is_open(fd));
	assert_null(kept_file_find("/1"));

	/* One that is being sent outlives its being kept. */
	assert_int_equal(kept_files_tidy(asked + 7 + KEPT_IDLE_MS), INT64_MAX);
	assert_null(kept_file_find("/2"));
	assert_true(is_open(two->fd));
	fd = two->fd;
	kept_file_release(two);
	assert_false(is_open(fd));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_is_found_again_with_its_lines),
	cmocka_unit_test(the_longest_lines_fit),
	cmocka_unit_test(the_longest_unasked_goes_first),
	cmocka_unit_test(who_idles_is_closed),
};

UNIT_MAIN(tests)
