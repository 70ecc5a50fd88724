/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells the world the addresses that an interface has come by: on the console,
 *
 *	lodger: net: vif0: 10.0.0.15/24 by DHCP
 *	lodger: net: vif0: fd00::216:3eff:fe00:1/64 by SLAAC
 *
 * and in xenstore, data/lodger/net/0/ipv4 and …/ipv6, where dom0 finds them without a console.
 */
#ifndef LODGER_NET_REPORT_H
#define LODGER_NET_REPORT_H

/* Starts the thread that reports: writing to xenstore waits, which lwIP's callbacks must not. */
int report_start(void);

#endif
