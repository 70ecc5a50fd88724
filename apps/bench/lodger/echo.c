/* SPDX-License-Identifier: BSD-2-Clause */
#include "apps/bench/lodger/echo.h"

#include <stdio.h>

#include "apps/bench/platform.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "xenbus/xenbus.h"

void echo_event(evtchn_port_t port, void *arg)
{
	(void)arg;
	evtchn_notify(port);
}

int platform_echo(unsigned int domid)
{
	static struct waitq ended = WAITQ_INIT; /* by nobody: the domain is destroyed */
	evtchn_port_t port;
	int error = evtchn_alloc_unbound((domid_t)domid, echo_event, NULL, &port);

	if (error == 0)
		error = xenbus_write(XENBUS_NO_TX, ECHO_PORT_NODE, "%u", port);
	if (error != 0) {
		fprintf(stderr, "bench: --echo %u: error %d\n", domid, -error);
		return 1;
	}
	printf("bench: answers the events of domain %u\n", domid);
	fflush(stdout);
	for (;;)
		waitq_wait(&ended, TIME_FOREVER);
}
