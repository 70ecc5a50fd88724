/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process cannot do, and so cannot be measured in. */
#include "apps/bench/figure.h"

const char *hypercall_make(const struct figure *figure)
{
	(void)figure;
	return "hypercalls are made by a kernel, and this is a process";
}

static const char *event(void)
{
	return "event channels are a kernel's, and this is a process";
}

const char *event_self(const struct figure *figure)
{
	(void)figure;
	return event();
}

const char *event_peer(const struct figure *figure)
{
	(void)figure;
	return event();
}

const char *grant_cycle(const struct figure *figure)
{
	(void)figure;
	return "grants are a kernel's, and this is a process";
}
