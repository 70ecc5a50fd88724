/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What:   the console as standard input: lines, their editing, poll(), the end of the file.
 * Why:    a program asks its user something.
 * Method: the script outside types "hello", "abX<Backspace>c", "wrong^Uright" and ^D when it sees
 *         that the guest is ready (case_stdin of devices.dom0).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/guest/verdict.h"

static bool line_is(const char *expected)
{
	char line[64] = "";
	return fgets(line, sizeof(line), stdin) && strcmp(line, expected) == 0;
}

int main(void)
{
	struct pollfd in = {0, POLLIN, 0};
	char c;
	int n;
	CHECK(poll(&in, 1, 0) == 0);
	CHECK(ioctl(0, FIONREAD, &n) == 0 && n == 0);
	CHECK(fcntl(0, F_SETFL, O_NONBLOCK) == 0 && read(0, &c, 1) == -1 && errno == EAGAIN);
	CHECK(fcntl(0, F_SETFL, 0) == 0);
	printf("stdin is ready\n");
	CHECK(poll(&in, 1, 60000) == 1 && in.revents == POLLIN);
	CHECK(ioctl(0, FIONREAD, &n) == 0 && n == 6);
	CHECK(line_is("hello\n"));
	CHECK(line_is("abc\n"));
	CHECK(line_is("right\n"));
	CHECK(fgetc(stdin) == EOF && feof(stdin));
	return verdict("stdin");
}
