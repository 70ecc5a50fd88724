/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/format.h"
#include "unikernel/core/log.h"
#include "unikernel/net/config.h"

/* The value of an option of this interface: NAME for the first, NAMEn for the others. */
static const char *vif_option(const struct vif *vif, const char *name)
{
	char full[24];

	if (vif->index == 0)
		return boot_option(name);
	format(full, sizeof(full), "%s%u", name, vif->index);
	return boot_option(full);
}

/* "10.0.0.2/24"; without a length the whole address is the network, which is rarely meant. */
static bool address_parse(const char *text, ip4_addr_t *address, ip4_addr_t *mask)
{
	char copy[IP4ADDR_STRLEN_MAX];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int length = 0;

	if (!slash || slash[1] == '\0' || size >= sizeof(copy))
		return false;
	for (const char *p = slash + 1; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || length > 32)
			return false;
		length = length * 10 + (unsigned int)(*p - '0');
	}
	if (length < 1 || length > 32)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	ip4_addr_set_u32(mask, lwip_htonl(UINT32_MAX << (32 - length)));
	return ip4addr_aton(copy, address) != 0;
}

static bool vif_set_static(struct vif *vif, const char *text)
{
	const char *router = vif_option(vif, "gateway");
	ip4_addr_t address, mask, gateway = {0};

	if (!address_parse(text, &address, &mask)) {
		log_error("net: vif%u: lodger.ip=%s is not ADDRESS/LENGTH; asking DHCP", vif->index,
			  text);
		return false;
	}
	if (router && !ip4addr_aton(router, &gateway))
		log_error("net: vif%u: lodger.gateway=%s is not an address", vif->index, router);
	netif_set_addr(&vif->netif, &address, &mask, &gateway);
	return true;
}

void vif_configure(struct vif *vif)
{
	const char *fixed = vif_option(vif, "ip");

	netif_create_ip6_linklocal_address(&vif->netif, 1);
	netif_set_ip6_autoconfig_enabled(&vif->netif, 1);
	netif_set_up(&vif->netif);
	if (fixed && strcmp(fixed, "dhcp") != 0 && vif_set_static(vif, fixed))
		return;
	if (dhcp_start(&vif->netif) != ERR_OK)
		log_error("net: vif%u: no memory for DHCP", vif->index);
}

void dns_configure(void)
{
	const char *list = boot_option("dns");
	u8_t server = 0;

	while (list && *list != '\0' && server < DNS_MAX_SERVERS) {
		char text[IPADDR_STRLEN_MAX];
		size_t size = strcspn(list, ",");
		ip_addr_t address;

		if (size < sizeof(text)) {
			memcpy(text, list, size);
			text[size] = '\0';
		}
		if (size < sizeof(text) && ipaddr_aton(text, &address))
			dns_setserver(server++, &address);
		else
			log_error("net: lodger.dns: %.*s is not an address", (int)size, list);
		list += size;
		list += *list == ',';
	}
}
