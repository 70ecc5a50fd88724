/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <lwip/dhcp.h>
#include <lwip/netif.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/format.h"
#include "unikernel/core/heap.h"
#include "unikernel/core/log.h"
#include "unikernel/core/thread.h"
#include "unikernel/core/time.h"
#include "unikernel/core/waitq.h"
#include "unikernel/net/report.h"
#include "unikernel/net/vif.h"
#include "xenbus/xenbus.h"

/* What was last said of an interface: the thread's own. */
struct reported {
	struct reported *next;
	unsigned int index;
	ip4_addr_t ipv4;
	ip6_addr_t ipv6[LWIP_IPV6_NUM_ADDRESSES];
	char node[2][IP6ADDR_STRLEN_MAX]; /* the values of ipv4 and ipv6 in the store */
};

static bool changed;
static struct waitq changes = WAITQ_INIT;

static void address_changed(struct netif *netif, netif_nsc_reason_t reason,
			    const netif_ext_callback_args_t *args)
{
	(void)netif;
	(void)reason;
	(void)args;
	changed = true;
	waitq_wake_one(&changes);
}

static unsigned int mask_length(const ip4_addr_t *mask)
{
	return mask->addr == 0 ? 0 : 32 - (unsigned int)__builtin_ctz(lwip_ntohl(mask->addr));
}

static void ipv4_report(const struct vif *vif, struct reported *said, char *value, size_t size)
{
	const ip4_addr_t *address = netif_ip4_addr(&vif->netif);

	value[0] = '\0';
	if (!ip4_addr_isany(address))
		ip4addr_ntoa_r(address, value, (int)size);
	if (ip4_addr_cmp(address, &said->ipv4))
		return;
	said->ipv4 = *address;
	if (value[0] == '\0') {
		log_warn("net: vif%u: has no IPv4 address any more", vif->index);
		return;
	}
	boot_stage("address");
	log_info("net: vif%u: %s/%u %s", vif->index, value,
		 mask_length(netif_ip4_netmask(&vif->netif)),
		 dhcp_supplied_address(&vif->netif) ? "by DHCP" : "as configured");
}

/* As RFC 5952 writes it; lwIP's digits are capitals. */
static void ipv6_format(const ip6_addr_t *address, char text[static IP6ADDR_STRLEN_MAX])
{
	ip6addr_ntoa_r(address, text, IP6ADDR_STRLEN_MAX);
	for (; *text != '\0'; text++)
		*text = (char)tolower(*text);
}

/* The first address that reaches beyond the link goes into the store. */
static void ipv6_report(const struct vif *vif, struct reported *said, char *value, size_t size)
{
	value[0] = '\0';
	for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		const ip6_addr_t *address = netif_ip6_addr(&vif->netif, i);
		char text[IP6ADDR_STRLEN_MAX];

		if (!ip6_addr_ispreferred(netif_ip6_addr_state(&vif->netif, i)) ||
		    ip6_addr_islinklocal(address))
			continue;
		ipv6_format(address, text);
		if (value[0] == '\0')
			format(value, size, "%s", text);
		if (!ip6_addr_cmp_zoneless(address, &said->ipv6[i]))
			log_info("net: vif%u: %s/64 by SLAAC", vif->index, text);
		said->ipv6[i] = *address;
	}
}

/* Without a store there is nobody to tell; the console has said it. */
static void node_report(unsigned int index, const char *name, const char *value, char *said,
			size_t size)
{
	char path[XENBUS_PATH_SIZE];
	int result;

	if (strcmp(value, said) == 0)
		return;
	format(said, size, "%s", value);
	format(path, sizeof(path), "data/lodger/net/%u/%s", index, name);
	result = xenbus_write(XENBUS_NO_TX, path, "%s", value);
	if (result < 0)
		log_debug("net: %s could not be written: error %d", path, -result);
}

static const struct vif *vif_find(unsigned int index)
{
	const struct vif *vif = vif_first;

	while (vif && vif->index != index)
		vif = vif->next;
	return vif;
}

static struct reported *reported_first;

static bool reported_has(unsigned int index)
{
	const struct reported *said = reported_first;

	while (said && said->index != index)
		said = said->next;
	return said;
}

/* Those of which nothing was said yet. */
static void reported_add(void)
{
	for (const struct vif *vif = vif_first; vif; vif = vif->next) {
		struct reported *said =
			reported_has(vif->index) ? NULL : heap_zalloc(sizeof(*said));

		if (!said)
			continue;
		said->index = vif->index;
		said->next = reported_first;
		reported_first = said;
	}
}

/* An interface that has gone has no addresses.  True while it is there. */
static bool vif_report(struct reported *said)
{
	char value[2][IP6ADDR_STRLEN_MAX] = {"", ""};
	const struct vif *vif = vif_find(said->index);

	/* Nothing in these two waits, so they see one state of lwIP's; then it may be gone. */
	if (vif) {
		ipv4_report(vif, said, value[0], sizeof(value[0]));
		ipv6_report(vif, said, value[1], sizeof(value[1]));
	}
	node_report(said->index, "ipv4", value[0], said->node[0], sizeof(said->node[0]));
	node_report(said->index, "ipv6", value[1], said->node[1], sizeof(said->node[1]));
	return vif;
}

static void report_all(void)
{
	struct reported **at = &reported_first, *said;

	reported_add();
	while ((said = *at) != NULL) {
		if (vif_report(said)) {
			at = &said->next;
			continue;
		}
		*at = said->next;
		heap_free(said);
	}
}

static void report_thread(void *unused)
{
	(void)unused;
	for (;;) {
		waitq_wait_until(&changes, changed, TIME_FOREVER);
		changed = false;
		report_all();
	}
}

int report_start(void)
{
	static netif_ext_callback_t callback;

	if (!thread_create("net-report", report_thread, NULL, 0))
		return -ENOMEM;
	netif_add_ext_callback(&callback, address_changed);
	return 0;
}
