/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel holds, as lines "name value\n". Equal before and after a load unless
 * something leaks.
 */
#ifndef LODGER_CORE_STATS_H
#define LODGER_CORE_STATS_H

#include <stddef.h>

/*
 * A source of such lines; a subsystem that is linked adds its own with STATS(). format_fn writes
 * at most size bytes with the NUL and returns the length without the cut, as format() does.
 */
typedef int (*stats_source_t)(char *buf, size_t size);

#define STATS(fn)                                     \
	static const stats_source_t stats_source_##fn \
		__attribute__((used, section(".stats_sources." #fn))) = (fn)

/* All of them; returns as format() does. */
int stats_format(char *buf, size_t size);

#endif
