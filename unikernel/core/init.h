/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot order is a table that the linker puts together: whichever subsystems an image links
 * are started, level by level, and no line of code names them. Within a level the order is that
 * of the names of the functions.
 *
 *	static int netfront_init(void) { … }
 *	INIT(INIT_DRIVER, netfront_init);
 */
#ifndef LODGER_CORE_INIT_H
#define LODGER_CORE_INIT_H

#define INIT_BUS    1 /* xenbus */
#define INIT_DRIVER 2 /* front ends: they begin to connect, all at once */
#define INIT_SYSTEM 3 /* net, file systems, libc: they may wait for a driver */

/* Called in the main thread; may wait. Not 0 (a negative errno) is logged, and boot goes on. */
struct init_entry {
	const char *name;
	int (*fn)(void);
};

/* The level is expanded before it is pasted into the section's name, by which they are sorted. */
#define INIT(level, fn) INIT_EXPANDED(level, fn)
#define INIT_EXPANDED(level, fn)                 \
	static const struct init_entry init_##fn \
		__attribute__((used, section(".init_table." #level "." #fn))) = {#fn, fn}

#endif
