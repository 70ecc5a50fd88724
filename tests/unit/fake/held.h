/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest holds. Equal before and after anything that is over, or something leaks. */
#ifndef FAKE_HELD_H
#define FAKE_HELD_H

#include <stddef.h>

struct held {
	size_t grants, parked, ports, pages, objects, threads;
};

struct held held_now(void);

/* A violation, which names what differs, unless both are the same; and unless it holds it now. */
void assert_same_held(struct held before, struct held after);
void assert_held(struct held before);

#endif
