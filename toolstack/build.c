/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/build.h"
#include "toolstack/hypervisor.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

#include <xenguest.h> /* wants xenctrl.h before it */

#define DOMID_DOM0 0u
/* As libxl: room for a few pages that come on top of the memory, in KiB. */
#define MAXMEM_SLACK_KIB 1024

static int last_error(int otherwise)
{
	return errno > 0 ? -errno : otherwise;
}

static int create(xc_interface *xch, const struct config *config, struct build *build)
{
	struct xen_domctl_createdomain create = {
		.max_vcpus = config->maxvcpus,
		.max_evtchn_port = config->max_event_channels,
		.max_grant_frames = config->max_grant_frames,
		.max_maptrack_frames = config->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	xc_physinfo_t host = {0};
	uint32_t domid = 0; /* Xen chooses */
	int error;

	if (!xc_physinfo(xch, &host) && host.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2)
		create.grant_opts = XEN_DOMCTL_GRANT_version(2);
	memcpy(create.handle, config->uuid, sizeof(create.handle));

	if (xc_domain_create(xch, &domid, &create) < 0) {
		error = last_error(-EIO);
		message_error("Xen refuses to create a domain: %s%s", strerror(-error),
			      error == -EINVAL ? "; is one of vcpus, event_channels, "
						 "max_grant_frames out of bounds?"
					       : "");
		return error;
	}
	build->domid = domid;
	if (xc_domain_max_vcpus(xch, domid, config->maxvcpus) < 0) {
		error = last_error(-EIO);
		message_error("Xen cannot give the domain %u vcpus: %s", config->maxvcpus,
			      strerror(-error));
		return error;
	}
	if (xc_domain_setmaxmem(xch, domid, config->memory_mib * 1024 + MAXMEM_SLACK_KIB) < 0) {
		error = last_error(-EIO);
		message_error("cannot set the domain's memory limit: %s", strerror(-error));
		return error;
	}
	if (config->tsc_mode && xc_domain_set_tsc_info(xch, domid, config->tsc_mode, 0, 0, 0) < 0) {
		error = last_error(-EIO);
		message_error("cannot set tsc_mode: %s", strerror(-error));
		return error;
	}
	return 0;
}

static int allocate_ports(xc_interface *xch, struct build *build)
{
	int store = xc_evtchn_alloc_unbound(xch, build->domid, DOMID_DOM0);
	int console = store < 0 ? -1 : xc_evtchn_alloc_unbound(xch, build->domid, DOMID_DOM0);

	if (console < 0) {
		int error = last_error(-EIO);

		message_error("cannot allocate event channels: %s", strerror(-error));
		return error;
	}
	build->store_port = (uint32_t)store;
	build->console_port = (uint32_t)console;
	return 0;
}

/* Says what went wrong while the image was put into memory, the probable cause first. */
static int explain(xc_interface *xch, const struct config *config, const char *what, int error)
{
	xc_physinfo_t host = {0};
	uint64_t free_mib;

	if (!error)
		error = -EIO;
	if (xc_physinfo(xch, &host))
		host.free_pages = UINT64_MAX;
	free_mib = host.free_pages >> (20 - XC_PAGE_SHIFT);
	if (free_mib < config->memory_mib + 2) {
		message_error(
			"not enough memory: the domain wants %llu MiB, Xen has %llu MiB free; "
			"lower memory= or shrink another domain",
			(unsigned long long)config->memory_mib, (unsigned long long)free_mib);
		return -ENOMEM;
	}
	message_error("%s %s: %s", what, config->kernel,
		      *hypervisor_complaint() ? hypervisor_complaint() : strerror(-error));
	return error;
}

/* One step of libxenguest; a signal between two of them calls the work off. */
#define STEP(call, what)                                                  \
	do {                                                              \
		int cancelled_ = wait_cancelled();                        \
                                                                          \
		if (cancelled_)                                           \
			return cancelled_;                                \
		errno = 0;                                                \
		if ((call) != 0)                                          \
			return explain(xch, config, what, last_error(0)); \
	} while (0)

static int load(xc_interface *xch, const struct config *config, struct build *build,
		struct xc_dom_image *image)
{
	image->container_type = XC_DOM_PV_CONTAINER;
	image->console_domid = DOMID_DOM0;
	image->xenstore_domid = DOMID_DOM0;
	image->console_evtchn = build->console_port;
	image->xenstore_evtchn = build->store_port;
	image->max_vcpus = config->maxvcpus;
	/* Claim the memory before filling it page by page: if there is too little, say so at once. */
	image->claim_enabled = 1;

	STEP(xc_dom_kernel_file(image, config->kernel), "cannot read the kernel");
	if (config->ramdisk)
		STEP(xc_dom_module_file(image, config->ramdisk, NULL),
		     "cannot read the ramdisk of");
	STEP(xc_dom_boot_xen_init(image, xch, build->domid), "cannot prepare to load");
	STEP(xc_dom_parse_image(image), "not a kernel that Xen can start:");
	STEP(xc_dom_mem_init(image, (unsigned)config->memory_mib), "cannot lay out memory for");
	STEP(xc_dom_boot_mem_init(image), "cannot allocate memory for");
	STEP(xc_dom_build_image(image), "cannot load");
	STEP(xc_dom_boot_image(image), "cannot start");
	STEP(xc_dom_gnttab_init(image), "cannot grant the console and the store of");

	build->console_gfn = xc_dom_p2m(image, image->console_pfn);
	build->store_gfn = xc_dom_p2m(image, image->xenstore_pfn);
	return 0;
}

int build_create(xc_interface *xch, const struct config *config, struct build *build)
{
	struct xc_dom_image *image;
	int error;

	*build = (struct build){.domid = DOMID_NONE};
	error = create(xch, config, build);
	if (!error)
		error = allocate_ports(xch, build);
	if (error)
		return error;

	image = xc_dom_allocate(xch, config->cmdline, NULL);
	if (!image) {
		message_error("out of memory");
		return -ENOMEM;
	}
	error = load(xch, config, build, image);
	xc_dom_release(image);
	return error;
}

int build_destroy(xc_interface *xch, struct build *build)
{
	if (build->domid == DOMID_NONE)
		return 0;
	/* ESRCH: somebody else was quicker. */
	if (xc_domain_destroy(xch, build->domid) < 0 && errno != ESRCH) {
		int error = last_error(-EIO);

		message_error("cannot destroy domain %u: %s", build->domid, strerror(-error));
		return error;
	}
	build->domid = DOMID_NONE;
	return 0;
}
