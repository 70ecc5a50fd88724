/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text: POSIX's interface. */
#ifndef _ARPA_INET_H
#define _ARPA_INET_H

#include <netinet/in.h>

/* lwIP has macros of these names for its own use. */
#undef inet_addr
#undef inet_aton
#undef inet_ntoa

__BEGIN_DECLS
in_addr_t inet_addr(const char *text);
int inet_aton(const char *text, struct in_addr *address);
char *inet_ntoa(struct in_addr address); /* in a buffer that the next call overwrites */
int inet_pton(int family, const char *text, void *address);
const char *inet_ntop(int family, const void *address, char *text, socklen_t size);
__END_DECLS

#endif
