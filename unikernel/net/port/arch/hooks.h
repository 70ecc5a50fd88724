/* SPDX-License-Identifier: BSD-2-Clause */
/* Places where lwIP asks us. */
#ifndef LODGER_NET_ARCH_HOOKS_H
#define LODGER_NET_ARCH_HOOKS_H

#include "lwip/ip_addr.h"

/* The first sequence number of a connection (unikernel/net/isn.c). */
u32_t net_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
		  u16_t remote_port);

#endif
