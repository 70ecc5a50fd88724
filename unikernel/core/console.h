/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The domain's first console: a page shared with xenconsoled (`io/console.h`), or, for dom0, the
 * hypervisor's own. Bytes as a terminal wants them: '\n' goes out as "\r\n", '\r' comes in as '\n'.
 *
 * What the ring has no room for waits in a backlog, which the daemon's next notification drains.
 * When that is full as well, console_write() waits for at most CONSOLE_PATIENCE_NS; if nobody read
 * anything in that time then nobody is reading at all, and until somebody does, what does not fit
 * is dropped and counted at once: a guest never hangs on its console.
 */
#ifndef LODGER_CORE_CONSOLE_H
#define LODGER_CORE_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "unikernel/core/time.h"

#define CONSOLE_PATIENCE_NS (1000 * TIME_MS)

/* For threads; may let others run. Returns when all is written, or dropped as told above. */
void console_write(const char *buf, size_t len);

/* From anywhere, log lines included: never lets others run; drops what has no room. */
void console_write_nowait(const char *buf, size_t len);

/*
 * At least 1 and at most len bytes as soon as there are any; -ETIMEDOUT at the deadline; -ENODEV
 * if this domain has no console input.
 */
long console_read(char *buf, size_t len, uint64_t deadline_ns);

/* How many bytes console_read() would give at once. */
size_t console_readable(void);

/* Woken when input arrives. */
struct waitq *console_input_waitq(void);

/* Called, if set, after that queue is woken: for poll(), which waits for other things as well. */
extern void (*console_input_hook)(void);

/* Give the reader until deadline_ns to take what is written; lets no other thread run. */
void console_flush(uint64_t deadline_ns);

uint64_t console_dropped(void); /* bytes, since boot */

/* For arch, as soon as boot_info tells of the console: from then on a panic can be read. */
void console_init(void);

#endif
