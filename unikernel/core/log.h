/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own lines on the console: "lodger: …", "lodger: warning: …". One call is one line,
 * the newline is added. Shown up to the level of lodger.log= (error, warn, info or debug; info
 * unless told). Callable anywhere; never blocks; a line over 240 bytes is cut.
 */
#ifndef LODGER_CORE_LOG_H
#define LODGER_CORE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For work done only to be logged. */
bool log_shows(enum log_level level);

/* By name; false (and no change) if there is no such level. */
bool log_set_level(const char *name);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
