/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses as text: <arpa/inet.h> on lwIP's conversions. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

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

/* Four decimal numbers and nothing else; inet_aton() would take "10.1" and octal numbers too. */
static bool is_dotted_quad(const char *text)
{
	for (int part = 0; part < 4; part++) {
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 3 || (text[0] == '0' && digits > 1))
			return false;
		text += digits;
		if (*text++ != (part < 3 ? '.' : '\0'))
			return false;
	}
	return true;
}

int inet_pton(int family, const char *text, void *address)
{
	if (family == AF_INET && !is_dotted_quad(text))
		return 0;
	return lwip_inet_pton(family, text, address);
}

const char *inet_ntop(int family, const void *address, char *text, socklen_t size)
{
	if (!lwip_inet_ntop(family, address, text, size))
		return NULL;
	/* RFC 5952: hexadecimal digits in lower case. */
	for (char *p = text; *p != '\0'; p++)
		*p = (char)tolower(*p);
	return text;
}
