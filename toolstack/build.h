/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A domain as Xen sees it: created, given memory, an image in it, the event
 * channels and grants of its console and its store; left paused.
 */
#ifndef TOOLSTACK_BUILD_H
#define TOOLSTACK_BUILD_H

#include <stdint.h>
#include <xenctrl.h>

#include "toolstack/config.h"

#define DOMID_NONE UINT32_MAX

struct build {
	uint32_t domid;	    /* DOMID_NONE: there is none */
	uint64_t store_gfn; /* frame of the ring, as XS_INTRODUCE and the nodes want it */
	uint64_t console_gfn;
	uint32_t store_port; /* event channels, by the numbers that the guest has for them */
	uint32_t console_port;
};

/* 0 or -errno, with a message. After a failure build_destroy may be called, and must. */
int build_create(xc_interface *xch, const struct config *config, struct build *build);

/* Ends the domain and takes its memory back; nothing happens if there is none. */
int build_destroy(xc_interface *xch, struct build *build);

#endif
