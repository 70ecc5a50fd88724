/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text: <arpa/inet.h> on lwIP's conversions. */
#include <arpa/inet.h>

const struct in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

in_addr_t inet_addr(const char *text)
{
	return ipaddr_addr(text);
}

int inet_aton(const char *text, struct in_addr *address)
{
	ip4_addr_t parsed;

	if (!ip4addr_aton(text, &parsed))
		return 0;
	address->s_addr = parsed.addr;
	return 1;
}

char *inet_ntoa(struct in_addr address)
{
	const ip4_addr_t given = {address.s_addr};

	return ip4addr_ntoa(&given);
}

int inet_pton(int family, const char *text, void *address)
{
	return lwip_inet_pton(family, text, address);
}

const char *inet_ntop(int family, const void *address, char *text, socklen_t size)
{
	return lwip_inet_ntop(family, address, text, size);
}
