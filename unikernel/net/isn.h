/* SPDX-License-Identifier: BSD-2-Clause */
/* Initial sequence numbers of TCP; net_tcp_isn() itself is declared in port/arch/hooks.h. */
#ifndef LODGER_NET_ISN_H
#define LODGER_NET_ISN_H

/* Draws the key.  To be called after net_random_init(), before the first connection. */
void net_tcp_isn_init(void);

#endif
