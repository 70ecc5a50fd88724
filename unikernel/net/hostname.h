/* SPDX-License-Identifier: BSD-2-Clause */
/* The name under which DHCP servers get to know this guest. */
#ifndef LODGER_NET_HOSTNAME_H
#define LODGER_NET_HOSTNAME_H

/*
 * The domain's name, asked of xenstore, with a hyphen for whatever no host name may have; NULL if
 * it is missing, empty or longer than 63 bytes.  Valid for ever.  Waits: not for event handlers.
 */
const char *hostname_read(void);

#endif
