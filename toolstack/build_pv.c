/* SPDX-License-Identifier: BSD-2-Clause */
/* A PV domain: one run of memory from 0 on, whose page tables the guest itself keeps. */
#include <errno.h>

#include "toolstack/build_mode.h"
#include "toolstack/message.h"

static int describe(const struct config *config, const xc_physinfo_t *host,
		    struct xen_domctl_createdomain *create)
{
	(void)config;
	(void)create;
	if (host->capabilities & XEN_SYSCTL_PHYSCAP_pv)
		return 0;
	message_error("this Xen was built without pv domains; use type=\"pvh\"");
	return -EOPNOTSUPP;
}

static void lay_out(const struct config *config, struct xc_dom_image *image, unsigned *size_mib)
{
	image->container_type = XC_DOM_PV_CONTAINER;
	*size_mib = (unsigned)config->memory_mib;
}

const struct build_mode build_pv = {
	.not_bootable = "not a kernel that Xen can start as pv (it needs Xen's ELF notes):",
	.describe = describe,
	.lay_out = lay_out,
};
