/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels, seen from both ends.
 *
 *     guest's port            state          the other's end
 *     FREE      --alloc-->    UNBOUND  --bind-->  INTERDOMAIN <-> struct fake_channel
 *     UNBOUND  <--other closes--  INTERDOMAIN  --guest closes-->  FREE
 *
 * Sending sets the pending bit in the shared page; as the guest keeps all ports masked, the vCPU's
 * own pending word stays as it is, and only a poll sees the event.
 */
#include "tests/unit/fake/fake.h"

#include <stdlib.h>

#include <xen/errno.h>

#define PORTS	  1024u /* Xen allows 4,096 of these to a 64-bit guest; 1,024 are quicker to exhaust */
#define WORD_BITS (8 * sizeof(xen_ulong_t))

enum port_state { FREE, UNBOUND, INTERDOMAIN, VIRQ };

struct port {
	enum port_state state;
	domid_t remote; /* UNBOUND: who may bind */
	unsigned virq;	/* VIRQ */
	struct fake_channel *peer;
};

static struct port ports[PORTS];

/* Ports of the others that wait for the guest's bind_interdomain, by number. */
static struct fake_channel *offers[16];

static void pending_set(evtchn_port_t port)
{
	struct shared_info *shared = fake_shared_info();
	const xen_ulong_t bit = (xen_ulong_t)1 << (port % WORD_BITS);
	const xen_ulong_t word = port / WORD_BITS;

	if (shared->evtchn_pending[word] & bit)
		return;
	shared->evtchn_pending[word] |= bit;
	if (!(shared->evtchn_mask[word] & bit)) {
		shared->vcpu_info[0].evtchn_pending_sel |= (xen_ulong_t)1 << word;
		shared->vcpu_info[0].evtchn_upcall_pending = 1;
	}
}

bool fake_evtchn_pending(evtchn_port_t port)
{
	const xen_ulong_t word = fake_shared_info()->evtchn_pending[port / WORD_BITS];

	return word >> (port % WORD_BITS) & 1;
}

static void pending_clear(evtchn_port_t port)
{
	fake_shared_info()->evtchn_pending[port / WORD_BITS] &=
		~((xen_ulong_t)1 << (port % WORD_BITS));
}

/* Xen hands out the lowest free port, never 0. */
static evtchn_port_t port_take(void)
{
	for (evtchn_port_t port = 1; port < PORTS; port++)
		if (ports[port].state == FREE)
			return port;
	return 0;
}

static bool port_valid(evtchn_port_t port)
{
	return port < PORTS && ports[port].state != FREE;
}

static unsigned long refusal; /* so many calls from now; 0: none */

void fake_evtchn_refuse(unsigned long nth)
{
	refusal = nth;
}

static long alloc_unbound(struct evtchn_alloc_unbound *op)
{
	const evtchn_port_t port = port_take();

	if (refusal && --refusal == 0)
		return -XEN_ENOSPC;
	if (op->dom != DOMID_SELF && op->dom != FAKE_GUEST)
		return -XEN_EPERM;
	if (!port)
		return -XEN_ENOSPC;
	ports[port] = (struct port){.state = UNBOUND, .remote = op->remote_dom};
	pending_clear(port);
	op->port = port;
	return 0;
}

static long bind_interdomain(struct evtchn_bind_interdomain *op)
{
	const evtchn_port_t port = port_take();
	struct fake_channel *peer;

	if (op->remote_port >= sizeof(offers) / sizeof(offers[0]))
		return -XEN_EINVAL;
	peer = offers[op->remote_port];
	if (!peer || peer->open || peer->domid != op->remote_dom)
		return -XEN_EINVAL;
	if (!port)
		return -XEN_ENOSPC;
	ports[port] = (struct port){.state = INTERDOMAIN, .remote = peer->domid, .peer = peer};
	*peer = (struct fake_channel){.domid = peer->domid, .guest_port = port, .open = true};
	/* Whoever binds finds the port pending: an event may have been sent before. */
	pending_set(port);
	op->local_port = port;
	return 0;
}

static long bind_virq(struct evtchn_bind_virq *op)
{
	const evtchn_port_t port = port_take();

	for (evtchn_port_t other = 1; other < PORTS; other++)
		if (ports[other].state == VIRQ && ports[other].virq == op->virq)
			return -XEN_EEXIST;
	if (!port)
		return -XEN_ENOSPC;
	ports[port] = (struct port){.state = VIRQ, .virq = op->virq};
	op->port = port;
	return 0;
}

static long close_port(evtchn_port_t port)
{
	if (!port_valid(port))
		return -XEN_EINVAL;
	if (ports[port].peer)
		ports[port].peer->open = false;
	ports[port] = (struct port){.state = FREE};
	pending_clear(port);
	return 0;
}

static long send(evtchn_port_t port)
{
	if (!port_valid(port))
		return -XEN_EINVAL;
	if (ports[port].state == VIRQ)
		return -XEN_EINVAL;
	/* Sent into the void as long as nobody has bound: no error. */
	if (ports[port].peer) {
		ports[port].peer->pending = true;
		ports[port].peer->sent++;
	}
	return 0;
}

static long status(struct evtchn_status *op)
{
	static const uint32_t names[] = {
		[FREE] = EVTCHNSTAT_closed,
		[UNBOUND] = EVTCHNSTAT_unbound,
		[INTERDOMAIN] = EVTCHNSTAT_interdomain,
		[VIRQ] = EVTCHNSTAT_virq,
	};

	if (op->port >= PORTS)
		return -XEN_EINVAL;
	op->status = names[ports[op->port].state];
	op->vcpu = 0;
	return 0;
}

long fake_evtchn_op(int command, void *arg)
{
	switch (command) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(arg);
	case EVTCHNOP_bind_interdomain:
		return bind_interdomain(arg);
	case EVTCHNOP_bind_virq:
		return bind_virq(arg);
	case EVTCHNOP_close:
		return close_port(((struct evtchn_close *)arg)->port);
	case EVTCHNOP_send:
		return send(((struct evtchn_send *)arg)->port);
	case EVTCHNOP_status:
		return status(arg);
	case EVTCHNOP_unmask:
		fake_violation("the guest unmasks a port: it takes no upcalls");
	default:
		return -XEN_ENOSYS;
	}
}

struct fake_channel *fake_channel_make(domid_t domid)
{
	const evtchn_port_t port = port_take();
	struct fake_channel *channel = calloc(1, sizeof(*channel));

	*channel = (struct fake_channel){.domid = domid, .guest_port = port, .open = true};
	ports[port] = (struct port){.state = INTERDOMAIN, .remote = domid, .peer = channel};
	return channel;
}

struct fake_channel *fake_channel_bind(domid_t domid, evtchn_port_t guest_port)
{
	struct fake_channel *channel;

	if (!port_valid(guest_port) || ports[guest_port].state != UNBOUND ||
	    ports[guest_port].remote != domid)
		return NULL;
	channel = calloc(1, sizeof(*channel));
	*channel = (struct fake_channel){
		.domid = domid, .guest_port = guest_port, .open = true, .pending = true};
	ports[guest_port].state = INTERDOMAIN;
	ports[guest_port].peer = channel;
	return channel;
}

evtchn_port_t fake_channel_offer(domid_t domid, struct fake_channel **channel)
{
	for (evtchn_port_t port = 1; port < sizeof(offers) / sizeof(offers[0]); port++) {
		if (offers[port])
			continue;
		offers[port] = *channel = calloc(1, sizeof(**channel));
		(*channel)->domid = domid;
		return port;
	}
	fake_violation("no more offers");
}

void fake_channel_notify(struct fake_channel *channel)
{
	if (channel && channel->open)
		pending_set(channel->guest_port);
}

bool fake_channel_take(struct fake_channel *channel)
{
	bool was = channel && channel->pending;

	if (was)
		channel->pending = false;
	return was;
}

void fake_channel_close(struct fake_channel *channel)
{
	if (!channel)
		return;
	if (channel->open) {
		ports[channel->guest_port].state = UNBOUND;
		ports[channel->guest_port].peer = NULL;
	}
	for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
		if (offers[i] == channel)
			offers[i] = NULL;
	free(channel);
}

void fake_virq_raise(unsigned virq)
{
	for (evtchn_port_t port = 1; port < PORTS; port++)
		if (ports[port].state == VIRQ && ports[port].virq == virq)
			pending_set(port);
}

unsigned fake_evtchn_in_use(void)
{
	unsigned used = 0;

	for (evtchn_port_t port = 1; port < PORTS; port++)
		used += ports[port].state != FREE;
	return used;
}
