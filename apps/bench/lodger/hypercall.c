/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hypercall.*: the cheapest there are, so that what they cost is the way to Xen and back. null is
 * a number that Xen has not given to any call (-ENOSYS).
 */
#include "hypercall/hypercall.h"

#include "apps/bench/figure.h"
#include "unikernel/core/boot.h"

#define HYPERCALL_UNUSED 60

static const char *null(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->operations; i++)
		if (hypercall5(HYPERCALL_UNUSED, 0, 0, 0, 0, 0) >= 0)
			return "Xen knows the number that was to be unused";
	return NULL;
}

static const char *xen_version(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->operations; i++)
		if (hypercall_xen_version() < 0)
			return "Xen refuses XENVER_version";
	return NULL;
}

static const char *vcpu_is_up(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->operations; i++)
		if (hypercall_vcpu_is_up(0) < 0)
			return "Xen refuses VCPUOP_is_up";
	return NULL;
}

static const char *evtchn_status(struct sample *sample)
{
	struct evtchn_status status;

	for (unsigned int i = 0; i < sample->operations; i++)
		if (hypercall_evtchn_status(boot_info.console_port, &status) < 0)
			return "Xen refuses EVTCHNOP_status";
	return NULL;
}

static const char *sched_yield(struct sample *sample)
{
	for (unsigned int i = 0; i < sample->operations; i++)
		hypercall_sched_yield();
	return NULL;
}

static const char *run(void *context, struct sample *sample)
{
	switch (*(const enum hypercall_figure *)context) {
	case HYPERCALL_NULL:
		return null(sample);
	case HYPERCALL_XEN_VERSION:
		return xen_version(sample);
	case HYPERCALL_VCPU_IS_UP:
		return vcpu_is_up(sample);
	case HYPERCALL_EVTCHN_STATUS:
		return evtchn_status(sample);
	case HYPERCALL_SCHED_YIELD:
		break;
	}
	return sched_yield(sample);
}

const char *hypercall_make(const struct figure *figure)
{
	enum hypercall_figure which = (enum hypercall_figure)figure->parameter;
	const struct measurement measurement = {.run = run, .context = &which, .batch = 100};

	return figure_measure(figure, &measurement);
}
