/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a type of domain has of its own, beside what build.c does for all of them.
 * The members stand in the order in which build.c calls them; those that have
 * nothing to do are NULL.
 */
#ifndef TOOLSTACK_BUILD_MODE_H
#define TOOLSTACK_BUILD_MODE_H

#include <stdint.h>
#include <xenctrl.h>
#include <xenguest.h> /* wants xenctrl.h before it */

#include "toolstack/config.h"

struct build_mode {
	const char *not_bootable; /* what is wrong with an image that cannot start as this type */
	/* Can the host do it? Fills in the type's own of `create'. 0 or -errno, with a message. */
	int (*describe)(const struct config *config, const xc_physinfo_t *host,
			struct xen_domctl_createdomain *create);
	/* The domain exists and has vcpus, but no memory yet. 0, or -1 and errno. */
	int (*equip)(xc_interface *xch, const struct config *config, const xc_physinfo_t *host,
		     uint32_t domid);
	/* The container, and how the guest's physical memory is laid out; in *size_mib its size. */
	void (*lay_out)(const struct config *config, struct xc_dom_image *image,
			unsigned *size_mib);
	/* The memory is there: tells Xen and the guest where. 0, or -1 and errno. */
	int (*describe_memory)(struct xc_dom_image *image);
	/* What the domain takes beside its memory, in KiB. */
	uint64_t (*overhead_kib)(const struct config *config, const xc_physinfo_t *host);
};

extern const struct build_mode build_pv, build_pvh;

#endif
