/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Without upcalls: every port stays masked, and Xen only ever sets pending bits. One hypercall sleeps on
 * all ports until the next deadline.
 *
 * It misses nothing: SCHEDOP_poll looks at the pending bits of its ports *after* it has marked the
 * vCPU as polling, and whoever sets a bit looks for pollers after that. A bit set between our
 * last look and the hypercall is seen by the former, a later one wakes by the latter.
 */
#include <string.h>

#include "hypercall/errno.h"
#include "hypercall/hypercall.h"
#include "unikernel/arch/x86/pv/pv.h"
#include "unikernel/core/panic.h"

void pv_sleep_init(void)
{
	memset(arch_shared_info()->evtchn_mask, 0xff, sizeof(arch_shared_info()->evtchn_mask));
}

void pv_sleep(const evtchn_port_t *ports, size_t count, uint64_t timeout_ns)
{
	long result = hypercall_sched_poll(ports, (unsigned int)count, timeout_ns);

	if (result)
		panic("SCHEDOP_poll: %s", xen_errno_name(result));
}
