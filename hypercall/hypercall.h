/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Typed hypercalls, one wrapper for each call and operation that this kernel makes, in the order
 * of Xen's numbers. They return Xen's own result (negated XEN_E* or 0 and more); the caller in
 * core or arch translates it with hypercall/errno.h. What only PV has is in hypercall/pv.h.
 *
 * Xen calls a machine frame `gmfn`, `mfn`, `gfn` or `frame` in different places; here it is the
 * gfn throughout: what the domain itself calls a frame, which for PV is the machine's mfn.
 */
#ifndef LODGER_HYPERCALL_HYPERCALL_H
#define LODGER_HYPERCALL_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "hypercall/asm.h"

/*
 * Where Xen is to read an argument that it never writes. In HVM and PVH it follows the guest's page
 * tables to it, in software; there is a shorter way to all memory there, this far off (arch/x86/hvm).
 */
extern uintptr_t hypercall_read_offset;

static inline unsigned long hypercall_read(const void *argument)
{
	return (uintptr_t)argument + hypercall_read_offset;
}

/* --- memory_op --------------------------------------------------------------------------- */

/* Pages that the domain has now. */
static inline long hypercall_memory_current_reservation(void)
{
	struct xen_memory_domain self = {.domid = DOMID_SELF};

	return hypercall5(__HYPERVISOR_memory_op, XENMEM_current_reservation, (unsigned long)&self,
			  0, 0, 0);
}

/* --- xen_version ------------------------------------------------------------------------- */

/* major << 16 | minor */
static inline long hypercall_xen_version(void)
{
	return hypercall5(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0);
}

/* --- console_io: only for dom0, and for guests of a debug build of Xen ------------------- */

static inline long hypercall_console_write(const char *buf, unsigned int len)
{
	return hypercall5(__HYPERVISOR_console_io, CONSOLEIO_write, len, (unsigned long)buf, 0, 0);
}

/* --- grant_table_op: the whole of count entries is one call ------------------------------ */

static inline long hypercall_grant_table_op(unsigned int op, void *entries, unsigned int count)
{
	return hypercall5(__HYPERVISOR_grant_table_op, op, (unsigned long)entries, count, 0, 0);
}

/* Makes the table nr_frames long and lists its frames: gfns has room for nr_frames. */
static inline long hypercall_gnttab_setup_table(unsigned int nr_frames, xen_pfn_t *gfns,
						int16_t *status)
{
	struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = nr_frames};
	long result;

	set_xen_guest_handle(setup.frame_list, gfns);
	result = hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1);
	*status = setup.status;
	return result;
}

/* --- vcpu_op ----------------------------------------------------------------------------- */

/* 1 or 0 */
static inline long hypercall_vcpu_is_up(uint32_t vcpu)
{
	return hypercall5(__HYPERVISOR_vcpu_op, VCPUOP_is_up, vcpu, 0, 0, 0);
}

/* VIRQ_TIMER of the vCPU at system time timeout_ns; at once if that is past. */
static inline long hypercall_vcpu_set_singleshot_timer(uint32_t vcpu, uint64_t timeout_ns)
{
	struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = timeout_ns};

	return hypercall5(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, vcpu,
			  (unsigned long)&timer, 0, 0);
}

/*
 * The same timer of the vCPU that asks. Beyond 2^50 ns from now Xen takes it for a mistake, and for
 * 100 ms.
 */
static inline long hypercall_set_timer(uint64_t timeout_ns)
{
	return hypercall5(__HYPERVISOR_set_timer_op, timeout_ns, 0, 0, 0, 0);
}

/* --- sched_op ---------------------------------------------------------------------------- */

static inline long hypercall_sched_yield(void)
{
	return hypercall5(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
}

/* Returns only if Xen refuses. reason: SHUTDOWN_* (suspend needs more and is not made here). */
static inline long hypercall_sched_shutdown(unsigned int reason)
{
	struct sched_shutdown shutdown = {.reason = reason};

	return hypercall5(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (unsigned long)&shutdown, 0, 0,
			  0);
}

/*
 * Sleeps until a port of the list is pending (at once if one is already) or until system time
 * timeout_ns; 0 is no timeout. At most 128 ports. May return early.
 */
static inline long hypercall_sched_poll(const evtchn_port_t *ports, unsigned int nr_ports,
					uint64_t timeout_ns)
{
	struct sched_poll poll = {.nr_ports = nr_ports, .timeout = timeout_ns};

	set_xen_guest_handle(poll.ports, (evtchn_port_t *)(uintptr_t)ports);
	return hypercall5(__HYPERVISOR_sched_op, SCHEDOP_poll, (unsigned long)&poll, 0, 0, 0);
}

/* --- event_channel_op -------------------------------------------------------------------- */

static inline long hypercall_evtchn_op(unsigned int op, void *arg)
{
	return hypercall5(__HYPERVISOR_event_channel_op, op, (unsigned long)arg, 0, 0, 0);
}

/* A port of ours that `remote` may bind to. */
static inline long hypercall_evtchn_alloc_unbound(domid_t remote, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound op = {.dom = DOMID_SELF, .remote_dom = remote};
	long result = hypercall_evtchn_op(EVTCHNOP_alloc_unbound, &op);

	*port = op.port;
	return result;
}

static inline long hypercall_evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port,
						     evtchn_port_t *port)
{
	struct evtchn_bind_interdomain op = {.remote_dom = remote, .remote_port = remote_port};
	long result = hypercall_evtchn_op(EVTCHNOP_bind_interdomain, &op);

	*port = op.local_port;
	return result;
}

static inline long hypercall_evtchn_bind_virq(uint32_t virq, uint32_t vcpu, evtchn_port_t *port)
{
	struct evtchn_bind_virq op = {.virq = virq, .vcpu = vcpu};
	long result = hypercall_evtchn_op(EVTCHNOP_bind_virq, &op);

	*port = op.port;
	return result;
}

static inline long hypercall_evtchn_close(evtchn_port_t port)
{
	struct evtchn_close op = {.port = port};

	return hypercall_evtchn_op(EVTCHNOP_close, &op);
}

/* What the port of ours is bound to. */
static inline long hypercall_evtchn_status(evtchn_port_t port, struct evtchn_status *status)
{
	*status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
	return hypercall_evtchn_op(EVTCHNOP_status, status);
}

static inline long hypercall_evtchn_send(evtchn_port_t port)
{
	struct evtchn_send op = {.port = port};

	return hypercall_evtchn_op(EVTCHNOP_send, (void *)hypercall_read(&op));
}

#endif
