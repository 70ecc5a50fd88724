/* SPDX-License-Identifier: BSD-2-Clause */
/* The pending bits of event channels (struct shared_info, xen.h), for who dispatches and who sleeps. */
#ifndef LODGER_CORE_PENDING_H
#define LODGER_CORE_PENDING_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#include "hypercall/shared.h"
#include "unikernel/arch/x86/arch.h"

#define PORTS_PER_WORD 64u

static inline xen_ulong_t *pending_word(evtchn_port_t port)
{
	return &arch_shared_info()->evtchn_pending[port / PORTS_PER_WORD];
}

static inline xen_ulong_t pending_bit(evtchn_port_t port)
{
	return (xen_ulong_t)1 << port % PORTS_PER_WORD;
}

/* Takes `bits` out of a word that Xen sets bits in meanwhile; returns those that were set. */
static inline xen_ulong_t pending_take(xen_ulong_t *word, xen_ulong_t bits)
{
	if (!(access_once(*word) & bits)) /* mostly: spare the locked instruction */
		return 0;
	return __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST) & bits;
}

#endif
