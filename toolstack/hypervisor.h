/* SPDX-License-Identifier: BSD-2-Clause */
/* libxenctrl, opened so that it prints nothing by itself. */
#ifndef TOOLSTACK_HYPERVISOR_H
#define TOOLSTACK_HYPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

/* Prints why, if there is no Xen to talk to or no right to. 0 or -errno. */
int hypervisor_open(xc_interface **xch);

/* The last complaint of libxenctrl or libxenguest, "" if there was none. */
const char *hypervisor_complaint(void);

/* What Xen knows of the domain: 0, -ESRCH if there is none of that number, or -errno. */
int hypervisor_domain_info(xc_interface *xch, uint32_t domid, xc_domaininfo_t *info);

/* All domains, in order of their numbers; the caller frees. */
int hypervisor_list_domains(xc_interface *xch, xc_domaininfo_t **domains, size_t *count);

#define DOMAIN_DYING(info)    (!!((info)->flags & XEN_DOMINF_dying))
#define DOMAIN_SHUTDOWN(info) (!!((info)->flags & XEN_DOMINF_shutdown))
#define DOMAIN_SHUTDOWN_CODE(info) \
	((unsigned)((info)->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask)

#endif
