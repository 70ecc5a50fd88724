/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is once for each virtual CPU. Today there is one; code asks vcpu_current() all the
 * same, so that a second one changes arch.h and not its callers.
 */
#ifndef LODGER_CORE_VCPU_H
#define LODGER_CORE_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#include "unikernel/core/thread.h"

struct vcpu {
	unsigned int id;
	struct vcpu_info *info; /* what Xen tells this vCPU, its time above all; set by arch */
	struct thread *current;
	struct thread *run_first, *run_last; /* ready to run, in order */
	struct thread *dead;		     /* ended; its stack is freed by the next that runs */
	uint64_t latest_ns;		     /* the last monotonic time that was told */
};

extern struct vcpu boot_vcpu;

static inline struct vcpu *vcpu_current(void)
{
	return &boot_vcpu;
}

#endif
