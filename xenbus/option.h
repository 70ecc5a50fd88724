/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the command line says about a device:
 *
 *	lodger.net-off=sg,gso4    lodger.net-queues=2      of the first of its kind
 *	lodger.net-off1=sg        lodger.net-queues1=2     of the second …
 *
 * What it says wrong is told in the log, and the usual is used.
 */
#ifndef LODGER_XENBUS_OPTION_H
#define LODGER_XENBUS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The index of a device among its kind: the lowest that is free, so that one that comes again has
 * the same options. Zeroed: all are free. */
struct device_indexes {
	uint64_t used[2]; /* by bits: more than the bus finds devices */
};

int device_index_take(struct device_indexes *indexes, unsigned int *index); /* 0 or -ENOSPC */
void device_index_free(struct device_indexes *indexes, unsigned int index);

/* A name in a list of them, and where in a structure its bool is. */
struct device_switch {
	const char *name;
	size_t at;
};

/* Sets to value, in the structure at features, what the option's list names. */
void device_option_switches(const char *option, unsigned int index,
			    const struct device_switch switches[], size_t count, void *features,
			    bool value);

/* A number from 1 to max; usual if there is no such option. */
unsigned int device_option_number(const char *option, unsigned int index, unsigned int usual,
				  unsigned int max);

/* How many rings a device uses: as many as it wants, if its back end offers them, and one at least. */
unsigned int device_queues(uint64_t offered, unsigned int wanted);

#endif
