/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the codes of events are called: exits as in AMD's and Intel's manuals, by the processor that
 * this program runs on; hypercalls as in xen/include/public/xen.h; vectors by their mnemonic.
 */
#ifndef LODGER_TESTS_BENCH_EXITS_NAMES_H
#define LODGER_TESTS_BENCH_EXITS_NAMES_H

#include <stddef.h>

#include "trace.h"

extern const char *const kind_name[EVENT_KINDS];

/* The name, which may stand in text; a number if it has none. */
const char *event_name(enum event_kind kind, uint32_t code, char *text, size_t size);

#endif
