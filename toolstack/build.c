/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "toolstack/build.h"
#include "toolstack/build_mode.h"
#include "toolstack/hypervisor.h"
#include "toolstack/message.h"
#include "toolstack/wait.h"

#define DOMID_DOM0 0u
/* As libxl: room for a few pages that come on top of the memory, in KiB. */
#define MAXMEM_SLACK_KIB 1024
/* With less than this to spare, memory is what was missing. */
#define RESERVE_MIB 2

/* What all steps of one build have in common. */
struct making {
	xc_interface *xch;
	const struct config *config;
	const struct build_mode *mode;
	xc_physinfo_t host;
	struct build *build;
};

static const struct build_mode *const modes[TYPE_COUNT] = {
	[TYPE_PV] = &build_pv,
	[TYPE_PVH] = &build_pvh,
};

static int last_error(void)
{
	return errno > 0 ? -errno : -EIO;
}

static int create(struct making *making)
{
	const struct config *config = making->config;
	struct xen_domctl_createdomain create = {
		.max_vcpus = config->maxvcpus,
		.max_evtchn_port = config->max_event_channels,
		.max_grant_frames = config->max_grant_frames,
		.max_maptrack_frames = config->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	uint32_t domid = 0; /* Xen chooses */
	int error;

	if (xc_physinfo(making->xch, &making->host) < 0) {
		error = last_error();
		message_error("Xen does not tell what this host can do: %s", strerror(-error));
		return error;
	}
	if (making->host.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2)
		create.grant_opts = XEN_DOMCTL_GRANT_version(2);
	memcpy(create.handle, config->uuid, sizeof(create.handle));
	error = making->mode->describe(config, &making->host, &create);
	if (error)
		return error;

	if (xc_domain_create(making->xch, &domid, &create) < 0) {
		error = last_error();
		message_error("Xen refuses to create a domain: %s%s", strerror(-error),
			      error == -EINVAL ? "; is one of vcpus, max_event_channels, "
						 "max_grant_frames out of bounds?"
					       : "");
		return error;
	}
	making->build->domid = domid;
	return 0;
}

/* As libxl: not where a domain may move to a host whose counter runs at another rate. */
static bool has_invariant_tsc(const struct config *config)
{
	return config->nomigrate || config->tsc_mode == TSC_ALWAYS_EMULATE;
}

static int configure(struct making *making)
{
	xc_interface *xch = making->xch;
	const struct config *config = making->config;
	uint32_t domid = making->build->domid;
	int error;

	if (xc_domain_max_vcpus(xch, domid, config->maxvcpus) < 0) {
		error = last_error();
		message_error("Xen cannot give the domain %u vcpus: %s", config->maxvcpus,
			      strerror(-error));
		return error;
	}
	if (xc_domain_setmaxmem(xch, domid, config->memory_mib * 1024 + MAXMEM_SLACK_KIB) < 0) {
		error = last_error();
		message_error("cannot set the domain's memory limit: %s", strerror(-error));
		return error;
	}
	if (config->tsc_mode && xc_domain_set_tsc_info(xch, domid, config->tsc_mode, 0, 0, 0) < 0) {
		error = last_error();
		message_error("cannot set tsc_mode: %s", strerror(-error));
		return error;
	}
	error = xc_cpuid_apply_policy(xch, domid, false, NULL, 0, true, has_invariant_tsc(config),
				      false, NULL, NULL);
	if (error)
		message_error("cannot tell the domain what processor it has: %s", strerror(-error));
	return error;
}

static int allocate_ports(struct making *making)
{
	xc_interface *xch = making->xch;
	uint32_t domid = making->build->domid;
	int store = xc_evtchn_alloc_unbound(xch, domid, DOMID_DOM0);
	int console = store < 0 ? -1 : xc_evtchn_alloc_unbound(xch, domid, DOMID_DOM0);

	if (console < 0) {
		int error = last_error();

		message_error("cannot allocate event channels: %s", strerror(-error));
		return error;
	}
	making->build->store_port = (uint32_t)store;
	making->build->console_port = (uint32_t)console;
	return 0;
}

/* Says what went wrong while memory was given out and filled, the probable cause first. */
static int explain(const struct making *making, const char *what)
{
	const struct config *config = making->config;
	int error = last_error();
	xc_physinfo_t host = {0};
	uint64_t free_mib, wanted_mib = config->memory_mib;

	if (making->mode->overhead_kib)
		wanted_mib += making->mode->overhead_kib(config, &making->host) / 1024;
	if (xc_physinfo(making->xch, &host))
		host.free_pages = UINT64_MAX;
	free_mib = host.free_pages >> (20 - XC_PAGE_SHIFT);
	if (free_mib < wanted_mib + RESERVE_MIB) {
		message_error(
			"not enough memory: the domain wants %llu MiB, Xen has %llu MiB free; "
			"lower memory= or shrink another domain",
			(unsigned long long)wanted_mib, (unsigned long long)free_mib);
		return -ENOMEM;
	}
	message_error("%s %s: %s", what, config->kernel,
		      *hypervisor_complaint() ? hypervisor_complaint() : strerror(-error));
	return error;
}

/* One step, with errno if it fails; a signal between two of them calls the work off. */
#define STEP(call, what)                              \
	do {                                          \
		int cancelled_ = wait_cancelled();    \
                                                      \
		if (cancelled_)                       \
			return cancelled_;            \
		errno = 0;                            \
		if ((call) != 0)                      \
			return explain(making, what); \
	} while (0)

static int equip(struct making *making)
{
	const struct build_mode *mode = making->mode;

	if (mode->equip)
		STEP(mode->equip(making->xch, making->config, &making->host, making->build->domid),
		     "cannot equip a domain for");
	return 0;
}

static int load(struct making *making, struct xc_dom_image *image)
{
	const struct config *config = making->config;
	const struct build_mode *mode = making->mode;
	struct build *build = making->build;
	unsigned size_mib;

	image->console_domid = DOMID_DOM0;
	image->xenstore_domid = DOMID_DOM0;
	image->console_evtchn = build->console_port;
	image->xenstore_evtchn = build->store_port;
	image->max_vcpus = config->maxvcpus;
	/* Claim the memory before filling it page by page: if there is too little, say so at once. */
	image->claim_enabled = 1;
	mode->lay_out(config, image, &size_mib);

	STEP(xc_dom_kernel_file(image, config->kernel), "cannot read the kernel");
	if (config->ramdisk)
		STEP(xc_dom_module_file(image, config->ramdisk, NULL),
		     "cannot read the ramdisk of");
	STEP(xc_dom_boot_xen_init(image, making->xch, build->domid), "cannot prepare to load");
	STEP(xc_dom_parse_image(image), mode->not_bootable);
	STEP(xc_dom_mem_init(image, size_mib), "cannot lay out memory for");
	STEP(xc_dom_boot_mem_init(image), "cannot allocate memory for");
	if (mode->describe_memory)
		STEP(mode->describe_memory(image), "cannot describe the memory of");
	STEP(xc_dom_build_image(image), "cannot load");
	STEP(xc_dom_boot_image(image), "cannot start");
	STEP(xc_dom_gnttab_init(image), "cannot grant the console and the store of");

	build->console_gfn = xc_dom_p2m(image, image->console_pfn);
	build->store_gfn = xc_dom_p2m(image, image->xenstore_pfn);
	return 0;
}

int build_create(xc_interface *xch, const struct config *config, struct build *build)
{
	struct making making = {
		.xch = xch, .config = config, .mode = modes[config->type], .build = build};
	struct xc_dom_image *image;
	int error;

	*build = (struct build){.domid = DOMID_NONE};
	error = create(&making);
	if (!error)
		error = configure(&making);
	if (!error)
		error = equip(&making);
	if (!error)
		error = allocate_ports(&making);
	if (error)
		return error;

	image = xc_dom_allocate(xch, config->cmdline, NULL);
	if (!image) {
		message_error("out of memory");
		return -ENOMEM;
	}
	error = load(&making, image);
	xc_dom_release(image);
	return error;
}

int build_destroy(xc_interface *xch, struct build *build)
{
	if (build->domid == DOMID_NONE)
		return 0;
	/* ESRCH: somebody else was quicker. */
	if (xc_domain_destroy(xch, build->domid) < 0 && errno != ESRCH) {
		int error = last_error();

		message_error("cannot destroy domain %u: %s", build->domid, strerror(-error));
		return error;
	}
	build->domid = DOMID_NONE;
	return 0;
}
