/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TOOLSTACK_CONSOLE_DRAIN_H
#define TOOLSTACK_CONSOLE_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Tells whether a console has anything left to say, once its domain stands still. */
struct console_drain;

/* `gfn' is the frame of the console's ring, 0 if it is not known. NULL when out of memory. */
struct console_drain *console_drain_begin(uint32_t domid, uint64_t gfn);
void console_drain_end(struct console_drain *drain);

/*
 * True if all that the domain has printed can be read from the terminal, or has
 * been. The way of a byte is: ring, xenconsoled, terminal. So: the ring is empty,
 * and after that xenconsoled sleeps in its main loop, where it never sleeps with
 * something in its hands unless the terminal is full.
 */
bool console_drained(const struct console_drain *drain);

#endif
