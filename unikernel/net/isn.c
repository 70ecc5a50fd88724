/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 6528: the first sequence number is a clock of 4 us plus a keyed hash of both ends.  The clock
 * keeps the numbers of one pair of ends growing, so that an old segment does not fit a new
 * connection; the hash keeps a stranger who sees his own from foretelling another's.
 */
#include <string.h>

#include <lwip/opt.h>
#include <arch/hooks.h>

#include "unikernel/core/time.h"
#include "unikernel/net/isn.h"
#include "unikernel/net/random.h"

#define ISN_TICK_NS 4000u

static struct siphash_key key;

void net_tcp_isn_init(void)
{
	net_random_key(&key);
}

static void ip_copy(u32_t to[static 4], const ip_addr_t *ip)
{
	if (IP_IS_V6(ip))
		memcpy(to, ip_2_ip6(ip)->addr, 4 * sizeof(u32_t));
	else
		to[0] = ip_2_ip4(ip)->addr;
}

u32_t net_tcp_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
		  u16_t remote_port)
{
	struct {
		u32_t local[4], remote[4];
		u16_t local_port, remote_port;
	} ends = {.local_port = local_port, .remote_port = remote_port};

	ip_copy(ends.local, local_ip);
	ip_copy(ends.remote, remote_ip);
	return (u32_t)(time_monotonic_ns() / ISN_TICK_NS + siphash(&key, &ends, sizeof(ends)));
}
