/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a guest that found a bug of its own. Never for what a back end, xenstored, the
 * network or a disk did: those are errors, and errors are returned.
 */
#ifndef LODGER_CORE_PANIC_H
#define LODGER_CORE_PANIC_H

/* Says why, where (thread, symbolised backtrace), and ends in SHUTDOWN_crash. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ASSERT(condition)                                                           \
	do {                                                                        \
		if (__builtin_expect(!(condition), 0))                              \
			panic("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
	} while (0)

struct trap_frame;

/* For arch: panic with the registers of an exception. what: "page fault at 0x0 (write)". */
_Noreturn void panic_trap(const struct trap_frame *frame, const char *what);

#endif
