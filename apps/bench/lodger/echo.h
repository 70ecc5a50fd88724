/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other end of an event channel. A domain that runs `bench --echo DOMID` makes a port that the
 * domain may bind, writes its number to ECHO_PORT_NODE, and answers each event with one. Whoever
 * joins the two then writes "DOMID PORT" of the echoing domain to ECHO_NODE of the other. Both
 * are relative to the directory of the domain that they concern.
 */
#ifndef BENCH_LODGER_ECHO_H
#define BENCH_LODGER_ECHO_H

#include "unikernel/core/evtchn.h"

#define ECHO_PORT_NODE "data/bench/port"
#define ECHO_NODE      "data/bench/echo"

/* An event handler: answers. */
void echo_event(evtchn_port_t port, void *arg);

#endif
