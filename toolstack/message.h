/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lodge tells a person, on stderr: errors always, warnings unless quiet,
 * progress with -v, every step with -vv. One line each, `lodge: ' in front.
 *
 * Text may carry names out of xenstore, which a guest can write: everything is
 * sanitised on its way out, so that no escape sequence reaches a terminal.
 */
#ifndef TOOLSTACK_MESSAGE_H
#define TOOLSTACK_MESSAGE_H

#include <stdbool.h>

enum message_level {
	MESSAGE_ERROR,
	MESSAGE_WARN,
	MESSAGE_INFO,
	MESSAGE_DEBUG,
};

/* The most that is printed; MESSAGE_WARN to begin with. */
void message_set_level(int level);
int message_level(void);

/* Lines carry date and time from now on: stderr is a log file. */
void message_set_dated(bool dated);

void message(enum message_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define message_error(...) message(MESSAGE_ERROR, __VA_ARGS__)
#define message_warn(...)  message(MESSAGE_WARN, __VA_ARGS__)
#define message_info(...)  message(MESSAGE_INFO, __VA_ARGS__)
#define message_debug(...) message(MESSAGE_DEBUG, __VA_ARGS__)

/* The first error of this process, "" if there was none: the cause that --json reports. */
const char *message_first_error(void);

#endif
