/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names and addresses: POSIX's interface, as far as there is something behind it.  Names are asked
 * of the DNS; of several addresses the first is given.  Services are numbers, there being no
 * /etc/services.
 */
#ifndef _NETDB_H
#define _NETDB_H

#include <netinet/in.h>
#include <lwip/netdb.h>

#define EAI_OVERFLOW   205
#define EAI_BADFLAGS   206

#define NI_NUMERICHOST 0x01
#define NI_NUMERICSERV 0x02
#define NI_NAMEREQD    0x04
#define NI_DGRAM       0x08
#define NI_NOFQDN      0x10
#define NI_MAXHOST     1025
#define NI_MAXSERV     32

__BEGIN_DECLS
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **result);
void freeaddrinfo(struct addrinfo *list);
const char *gai_strerror(int error);
/* Always numbers; with NI_NAMEREQD therefore EAI_NONAME. */
int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size,
		char *service, socklen_t service_size, int flags);
struct hostent *gethostbyname(const char *name);
__END_DECLS

#endif
