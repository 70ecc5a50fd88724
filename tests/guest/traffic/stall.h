/* SPDX-License-Identifier: BSD-2-Clause */
/* Tells what lwIP's connections are like when a stream has stood still for a while: what a test that
 * waited for nothing must leave behind to be understood. */
#ifndef LODGER_TESTS_GUEST_TRAFFIC_STALL_H
#define LODGER_TESTS_GUEST_TRAFFIC_STALL_H

/* Says it on the console, at most a few times in a guest's life. */
void stall_say(void);

#endif
