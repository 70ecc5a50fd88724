/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels without upcalls: nothing that runs is interrupted, Xen only sets a port's pending bit. At
 * each safe point evtchn_dispatch() finds those bits and calls the handlers; with nothing to run, the
 * vCPU sleeps in one hypercall (arch_sleep). See evtchn.c for why no event can be lost.
 *
 * A handler runs at a safe point on whichever stack is there. It must not block; it wakes threads.
 */
#ifndef LODGER_CORE_EVTCHN_H
#define LODGER_CORE_EVTCHN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>

#define EVTCHN_MAX_PORTS 128 /* what one SCHEDOP_poll takes */

typedef void (*evtchn_handler_t)(evtchn_port_t port, void *arg);

/*
 * Make a port of ours and give it a handler. 0, or -ENOSPC (Xen has no port left, or we have
 * EVTCHN_MAX_PORTS), or another error of Xen's; *port is set on success only.
 */
int evtchn_alloc_unbound(domid_t remote, evtchn_handler_t handler, void *arg, evtchn_port_t *port);
int evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port, evtchn_handler_t handler,
			    void *arg, evtchn_port_t *port);
int evtchn_bind_virq(uint32_t virq, evtchn_handler_t handler, void *arg, evtchn_port_t *port);

/* Handle a port that Xen or the toolstack made for us (xenstore's, the console's). */
int evtchn_set_handler(evtchn_port_t port, evtchn_handler_t handler, void *arg);

/* Tell the other end. 0; -EINVAL for a port that is not ours. The other end being gone is no error. */
int evtchn_notify(evtchn_port_t port);

/* Close it and forget the handler, which is not called again. -EINVAL for a port not ours. */
int evtchn_close(evtchn_port_t port);

/* Handle what is pending now; how many handlers ran. */
unsigned int evtchn_dispatch(void);

/* Sleep until a port of ours is pending or until deadline_ns. May return early. */
void evtchn_poll(uint64_t deadline_ns);

/*
 * For where no thread may run and no handler be called (a panic, the last words before shutdown):
 * sleep until this port is pending or until deadline_ns; may return early. True: it was pending,
 * the event is taken and its handler will not be called for it.
 */
bool evtchn_wait_port(evtchn_port_t port, uint64_t deadline_ns);

struct evtchn_stats {
	size_t ports;	     /* in use */
	uint64_t notifies;   /* sent */
	uint64_t dispatches; /* handlers called */
	uint64_t polls;	     /* times that the vCPU slept */
};

void evtchn_stats(struct evtchn_stats *stats);

#endif
