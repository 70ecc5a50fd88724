/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as descriptors 0, 1 and 2.
 *
 * Input is edited by the line, as a terminal's driver does it, because the other end of a Xen
 * console is a terminal in raw mode: characters are echoed, Backspace and ^U take back, ^D at the
 * start of a line is the end of the file.  A read gets at most one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "unikernel/core/console.h"
#include "unikernel/core/init.h"
#include "unikernel/core/waitq.h"
#include "unikernel/libc/console.h"
#include "unikernel/libc/file.h"

#define ERASE	  0x7f
#define BACKSPACE '\b'
#define KILL	  0x15 /* ^U */
#define END	  0x04 /* ^D */

/* The line being edited, or (complete) being read: [taken, length) is still to be read. */
static struct {
	char text[1024]; /* SQL has long lines */
	size_t length, taken;
	bool complete;
} line;

static void line_erase(void)
{
	line.length--;
	console_write_nowait("\b \b", 3);
}

static void line_add(char c)
{
	/* The last place is the newline's. */
	if (line.length < sizeof(line.text) - (c != '\n')) {
		line.text[line.length++] = c;
		console_write_nowait(&c, 1);
	}
}

static void line_edit(char c)
{
	switch (c) {
	case ERASE:
	case BACKSPACE:
		if (line.length)
			line_erase();
		break;
	case KILL:
		while (line.length)
			line_erase();
		break;
	case END:
		line.complete = true;
		break;
	case '\n':
		line_add(c);
		line.complete = true;
		break;
	default:
		if ((unsigned char)c >= ' ' || c == '\t')
			line_add(c);
	}
}

/* Takes what has arrived, up to the end of a line; never blocks. */
static bool line_ready(void)
{
	char c;
	while (!line.complete && console_readable() && console_read(&c, 1, TIME_POLL) == 1)
		line_edit(c);
	return line.complete;
}

static size_t line_take(char *buf, size_t len)
{
	size_t n = line.length - line.taken;
	if (n > len)
		n = len;
	memcpy(buf, line.text + line.taken, n);
	line.taken += n;
	if (line.taken == line.length) {
		line.length = line.taken = 0;
		line.complete = false;
	}
	return n;
}

static ssize_t console_file_read(struct file *f, void *buf, size_t len)
{
	/* A domain whose console gives no input is at its end. */
	if (len == 0 || console_read(NULL, 0, TIME_POLL) == -ENODEV)
		return 0;
	if ((f->flags & O_NONBLOCK) && !line_ready())
		return -EAGAIN;
	waitq_wait_until(console_input_waitq(), line_ready(), TIME_FOREVER);
	return (ssize_t)line_take(buf, len);
}

static ssize_t console_file_write(struct file *f, const void *buf, size_t len)
{
	(void)f;
	console_write(buf, len);
	return (ssize_t)len;
}

static int console_file_fstat(struct file *f, struct stat *st)
{
	(void)f;
	st->st_mode = S_IFCHR | 0620;
	st->st_nlink = 1;
	st->st_blksize = 1024;
	return 0;
}

static int console_file_ioctl(struct file *f, unsigned long request, void *arg)
{
	(void)f;
	if (request != FIONREAD)
		return -ENOTTY;
	*(int *)arg = line_ready() ? (int)(line.length - line.taken) : 0;
	return 0;
}

static short console_file_poll(struct file *f)
{
	(void)f;
	return line_ready() ? POLLIN | POLLOUT : POLLOUT;
}

static const struct file_ops console_ops = {
	.read = console_file_read,
	.write = console_file_write,
	.fstat = console_file_fstat,
	.ioctl = console_file_ioctl,
	.poll = console_file_poll,
};

static struct file console_file;

static void console_input_arrived(void)
{
	file_notify(&console_file);
}

int console_files_install(void)
{
	file_init(&console_file, &console_ops, O_RDWR);
	console_file.terminal = true;
	console_input_hook = console_input_arrived;
	for (int fd = 0; fd < 3; fd++) {
		int error = file_install_from(fd, file_hold(&console_file));
		if (error < 0)
			return error;
	}
	return 0;
}
