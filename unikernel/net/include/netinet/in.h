/* SPDX-License-Identifier: BSD-2-Clause */
/* Internet addresses: POSIX's interface. */
#ifndef _NETINET_IN_H
#define _NETINET_IN_H

#include <string.h>
#include <sys/socket.h>

__BEGIN_DECLS
extern const struct in6_addr in6addr_loopback;
__END_DECLS

#define IN6_IS_ADDR_UNSPECIFIED(a) (memcmp((a), &in6addr_any, sizeof(struct in6_addr)) == 0)
#define IN6_IS_ADDR_LOOPBACK(a)	   (memcmp((a), &in6addr_loopback, sizeof(struct in6_addr)) == 0)
#define IN6_IS_ADDR_MULTICAST(a)   ((a)->s6_addr[0] == 0xff)
#define IN6_IS_ADDR_LINKLOCAL(a)   ((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_V4MAPPED(a)                                  \
	((a)->un.u32_addr[0] == 0 && (a)->un.u32_addr[1] == 0 && \
	 (a)->un.u32_addr[2] == htonl(0xffff))

#endif
