/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * That nothing is left behind: what the kernel holds (holdings.h), less the pages that network devices
 * keep from one frame to the next, which are as many as the busiest moment so far wanted.
 */
#ifndef LODGER_TESTS_GUEST_TRAFFIC_SETTLE_H
#define LODGER_TESTS_GUEST_TRAFFIC_SETTLE_H

#include <stdbool.h>

/* Waits for what the first call found; false, and the console says what is not so, if it does not come. */
bool settle(void);

#endif
