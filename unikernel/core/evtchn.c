/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event channels, two-level ABI, without upcalls. What Xen and we share (struct shared_info):
 *
 *	evtchn_pending   64 words × 64 bits: bit p says that port p has an event
 *	evtchn_mask      as many, for how the mode sleeps
 *	  (of the upper level, evtchn_pending_sel and evtchn_upcall_pending, that alone makes use: here
 *	   we look at the words that have a port of ours)
 *
 * Why nothing is lost. A handler looks at its ring until it is empty. Its pending bit is cleared
 * before it looks:
 *
 *	we                               the other end
 *	clear pending bit
 *	                                 puts X into the ring, notifies: Xen sets the bit
 *	handler empties the ring, X too
 *	next safe point: bit is set, handler runs once more and finds nothing: harmless
 *
 * The other way round, X would stay in the ring until something else happens:
 *
 *	handler empties the ring
 *	                                 puts X into the ring, notifies: the bit was set already
 *	clear pending bit                and nobody looks at X
 *
 * And sleeping misses nothing: see sleep.c of each mode (unikernel/arch).
 */
#include "unikernel/core/evtchn.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/panic.h"
#include "unikernel/core/pending.h"
#include "unikernel/core/time.h"

#define WORDS 64u

struct slot {
	evtchn_handler_t handler;
	void *arg;
};

/* The ports in use are kept without gaps: ports[] is what arch_sleep takes. */
static struct {
	evtchn_port_t ports[EVTCHN_MAX_PORTS];
	struct slot slots[EVTCHN_MAX_PORTS];	/* beside ports[] */
	uint8_t slot_of[EVTCHN_2L_NR_CHANNELS]; /* of a port: its index there, plus one */
	xen_ulong_t ours[WORDS];		/* as evtchn_pending: ports in use */
	uint64_t words;				/* bit w: ours[w] is not 0 */
	struct evtchn_stats stats;
} evtchn;

/* --- ports ------------------------------------------------------------------------------- */

static bool port_is_ours(evtchn_port_t port)
{
	return port < EVTCHN_2L_NR_CHANNELS && evtchn.slot_of[port];
}

int evtchn_set_handler(evtchn_port_t port, evtchn_handler_t handler, void *arg)
{
	size_t slot = evtchn.stats.ports;

	if (!port || port >= EVTCHN_2L_NR_CHANNELS)
		return -EINVAL;
	if (evtchn.slot_of[port]) {
		slot = evtchn.slot_of[port] - 1u;
	} else {
		if (slot == EVTCHN_MAX_PORTS)
			return -ENOSPC;
		evtchn.stats.ports++;
		evtchn.slot_of[port] = (uint8_t)(slot + 1);
		evtchn.ports[slot] = port;
		evtchn.ours[port / PORTS_PER_WORD] |= pending_bit(port);
		evtchn.words |= 1ull << port / PORTS_PER_WORD;
	}
	evtchn.slots[slot] = (struct slot){handler, arg};
	return 0;
}

/* The last port takes the place of the one that goes. */
static void port_forget(evtchn_port_t port)
{
	size_t slot = evtchn.slot_of[port] - 1u, last = --evtchn.stats.ports;

	evtchn.ports[slot] = evtchn.ports[last];
	evtchn.slots[slot] = evtchn.slots[last];
	evtchn.slot_of[evtchn.ports[slot]] = (uint8_t)(slot + 1);
	evtchn.slot_of[port] = 0;
	evtchn.ours[port / PORTS_PER_WORD] &= ~pending_bit(port);
	if (!evtchn.ours[port / PORTS_PER_WORD])
		evtchn.words &= ~(1ull << port / PORTS_PER_WORD);
}

/* A port that Xen just made, or did not. */
static int port_made(long result, evtchn_port_t made, evtchn_handler_t handler, void *arg,
		     evtchn_port_t *port)
{
	int err = xen_errno_to_errno(result);

	if (err)
		return err;
	err = evtchn_set_handler(made, handler, arg);
	if (err) {
		hypercall_evtchn_close(made);
		return err;
	}
	*port = made;
	return 0;
}

int evtchn_alloc_unbound(domid_t remote, evtchn_handler_t handler, void *arg, evtchn_port_t *port)
{
	evtchn_port_t made;
	long result = hypercall_evtchn_alloc_unbound(remote, &made);

	return port_made(result, made, handler, arg, port);
}

int evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port, evtchn_handler_t handler,
			    void *arg, evtchn_port_t *port)
{
	evtchn_port_t made;
	long result = hypercall_evtchn_bind_interdomain(remote, remote_port, &made);

	return port_made(result, made, handler, arg, port);
}

int evtchn_bind_virq(uint32_t virq, evtchn_handler_t handler, void *arg, evtchn_port_t *port)
{
	evtchn_port_t made;
	long result = hypercall_evtchn_bind_virq(virq, 0, &made);

	return port_made(result, made, handler, arg, port);
}

int evtchn_notify(evtchn_port_t port)
{
	if (!port_is_ours(port))
		return -EINVAL;
	evtchn.stats.notifies++;
	hypercall_evtchn_send(
		port); /* an error: the other end is gone, which its driver hears of */
	return 0;
}

int evtchn_close(evtchn_port_t port)
{
	if (!port_is_ours(port))
		return -EINVAL;
	port_forget(port);
	hypercall_evtchn_close(port);
	pending_take(pending_word(port), pending_bit(port)); /* the number will be used again */
	return 0;
}

/* --- events ------------------------------------------------------------------------------ */

unsigned int evtchn_dispatch(void)
{
	unsigned int handled = 0;

	for (uint64_t words = evtchn.words; words; words &= words - 1) {
		unsigned int w = (unsigned int)__builtin_ctzll(words);
		xen_ulong_t bits =
			pending_take(&arch_shared_info()->evtchn_pending[w], evtchn.ours[w]);

		for (; bits; bits &= bits - 1) {
			evtchn_port_t port =
				w * PORTS_PER_WORD + (evtchn_port_t)__builtin_ctzll(bits);
			struct slot slot;

			if (!port_is_ours(port)) /* closed by a handler that ran before */
				continue;
			slot = evtchn.slots[evtchn.slot_of[port] - 1];
			slot.handler(port, slot.arg);
			handled++;
		}
	}
	evtchn.stats.dispatches += handled;
	return handled;
}

static void poll(evtchn_port_t *ports, size_t nr_ports, uint64_t deadline_ns)
{
	/* For Xen, 0 is no timeout; any other that is past ends at once. Its time is signed. */
	if (deadline_ns == TIME_POLL)
		return;
	if (deadline_ns > INT64_MAX)
		deadline_ns = 0;
	evtchn.stats.polls++;
	arch_sleep(ports, nr_ports, deadline_ns);
}

void evtchn_poll(uint64_t deadline_ns)
{
	if (!evtchn.stats.ports && deadline_ns == TIME_FOREVER)
		panic("deadlock: every thread waits, for nothing that could come");
	poll(evtchn.ports, evtchn.stats.ports, deadline_ns);
}

bool evtchn_wait_port(evtchn_port_t port, uint64_t deadline_ns)
{
	if (!port_is_ours(port))
		return false;
	poll(&port, 1, deadline_ns);
	return pending_take(pending_word(port), pending_bit(port));
}

void evtchn_stats(struct evtchn_stats *stats)
{
	*stats = evtchn.stats;
}
