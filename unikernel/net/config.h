/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How interfaces come by their addresses.
 *
 *	lodger.ip=ADDRESS/LENGTH   a fixed IPv4 address; without it, or with "dhcp", DHCP is asked
 *	lodger.gateway=ADDRESS     the router, with a fixed address
 *	lodger.dns=ADDRESS,…       name servers, until DHCP names others
 *
 * These are for the first interface; `ip1`, `gateway1` are for the second, and so on.  IPv6 needs
 * no configuration: addresses are made from the prefixes that routers announce (SLAAC).
 */
#ifndef LODGER_NET_CONFIG_H
#define LODGER_NET_CONFIG_H

#include "unikernel/net/vif.h"

/* Brings the interface up; call with the core lock held.  A bad option is logged and left out. */
void vif_configure(struct vif *vif);

/* Name servers; once, with the core lock held. */
void dns_configure(void);

#endif
