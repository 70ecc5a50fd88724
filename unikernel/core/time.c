/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Both clocks are read under a version number, as Xen's header asks (xen.h, vcpu_time_info): odd
 * while Xen is writing, and different afterwards.
 *
 *	Xen:    version++ (odd)    new values    version++ (even)
 *	we:     v = version; copy; again if v is odd or version != v
 */
#include "unikernel/core/time.h"

#include <xen/xen.h>

#include "hypercall/shared.h"
#include "unikernel/arch/x86/arch.h"
#include "unikernel/core/vcpu.h"

/* What one tick of the counter is worth: multiplier / 2^32, after a shift either way. */
static uint64_t ticks_to_ns(uint64_t ticks, const struct vcpu_time_info *time)
{
	if (time->tsc_shift >= 0)
		ticks <<= time->tsc_shift;
	else
		ticks >>= -time->tsc_shift;
	return (uint64_t)(((unsigned __int128)ticks * time->tsc_to_system_mul) >> 32);
}

static void time_info_read(struct vcpu_time_info *copy)
{
	const struct vcpu_time_info *shared = &vcpu_current()->info->time;
	uint32_t version;

	do {
		version = load_acquire(&shared->version);
		copy_once(copy, shared);
		/* The copy is complete before the version is looked at again (x86 keeps loads in
		 * order; copy_once() ends in a barrier for the compiler). */
	} while ((version & 1) || access_once(shared->version) != version);
}

uint64_t time_of_tsc(uint64_t tsc)
{
	struct vcpu_time_info time;

	time_info_read(&time);
	/* Modulo 2^64: the mark of a host that has just started can lie before the counter's zero. */
	int64_t ticks = (int64_t)(tsc - time.tsc_timestamp);
	if (ticks < 0) /* before Xen's last mark: a moment of the past */
		return time.system_time - ticks_to_ns((uint64_t)-ticks, &time);
	return time.system_time + ticks_to_ns((uint64_t)ticks, &time);
}

uint64_t time_monotonic_ns(void)
{
	struct vcpu *vcpu = vcpu_current();
	uint64_t now = time_of_tsc(arch_tsc());

	/*
	 * Xen's mark may be made anew between reading it and reading the counter, and the marks of
	 * two physical processors differ a little: never let that be seen as a step back.
	 */
	if (now < vcpu->latest_ns)
		return vcpu->latest_ns;
	vcpu->latest_ns = now;
	return now;
}

uint64_t time_wall_ns(void)
{
	const struct shared_info *shared = arch_shared_info();
	uint32_t version;
	uint64_t at_start; /* of Xen's system time, in wall-clock time */

	do {
		version = load_acquire(&shared->wc_version);
		at_start = ((uint64_t)access_once(shared->wc_sec_hi) << 32 |
			    access_once(shared->wc_sec)) *
				   TIME_S +
			   access_once(shared->wc_nsec);
		compiler_barrier();
	} while ((version & 1) || access_once(shared->wc_version) != version);
	return at_start + time_monotonic_ns();
}

uint64_t time_in(uint64_t ns)
{
	uint64_t deadline;

	return __builtin_add_overflow(time_monotonic_ns(), ns, &deadline) ? TIME_FOREVER : deadline;
}
