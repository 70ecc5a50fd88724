/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and addresses: <netdb.h> on lwIP's resolver. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>

#include "unikernel/core/format.h"

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **result)
{
	return lwip_getaddrinfo(node, service, hints, result);
}

void freeaddrinfo(struct addrinfo *list)
{
	lwip_freeaddrinfo(list);
}

struct hostent *gethostbyname(const char *name)
{
	return lwip_gethostbyname(name);
}

const char *gai_strerror(int error)
{
	switch (error) {
	case 0:
		return "success";
	case EAI_NONAME:
		return "no such name or service";
	case EAI_SERVICE:
		return "services are known by number only";
	case EAI_FAIL:
		return "the name could not be resolved";
	case EAI_MEMORY:
		return "out of memory";
	case EAI_FAMILY:
		return "no such address family";
	case EAI_OVERFLOW:
		return "a buffer is too small";
	case EAI_BADFLAGS:
		return "bad flags";
	default:
		return "unknown error";
	}
}

int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size,
		char *service, socklen_t service_size, int flags)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
	const void *ip;
	in_port_t port;

	if (address->sa_family == AF_INET && length >= sizeof(*in)) {
		ip = &in->sin_addr;
		port = in->sin_port;
	} else if (address->sa_family == AF_INET6 && length >= sizeof(*in6)) {
		ip = &in6->sin6_addr;
		port = in6->sin6_port;
	} else {
		return EAI_FAMILY;
	}
	if (host && host_size > 0) {
		if (flags & NI_NAMEREQD)
			return EAI_NONAME;
		if (!inet_ntop(address->sa_family, ip, host, host_size))
			return EAI_OVERFLOW;
	}
	if (service && service_size > 0 &&
	    (socklen_t)format(service, service_size, "%u", ntohs(port)) >= service_size)
		return EAI_OVERFLOW;
	return 0;
}
