/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the network. */
#include <lwip/tcpip.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/init.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "unikernel/net/config.h"
#include "unikernel/net/hostname.h"
#include "unikernel/net/isn.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/random.h"
#include "unikernel/net/report.h"
#include "unikernel/net/vif.h"
#include "xenbus/device.h"

/* A guest whose backends are slow goes on without them; they come up when they come up. */
#define DEVICES_WAIT (10 * TIME_S)

static size_t memory_share(void)
{
	struct page_stats pages;

	page_stats(&pages);
	return pages.total * PAGE_SIZE / 2;
}

static int net_init(void)
{
	const char *name = hostname_read();
	int result;

	net_memory_limit(memory_share());
	net_random_init();
	net_tcp_isn_init();
	tcpip_init(NULL, NULL);
	xenbus_devices_ready(time_in(DEVICES_WAIT));

	LOCK_TCPIP_CORE();
	for (unsigned int i = 0; vif_open(i); i++)
		;
	result = report_start();
	if (result == 0)
		result = vif_thread_start();
	dns_configure();
	for (struct vif *vif = vif_first; vif; vif = vif->next) {
		netif_set_hostname(&vif->netif, name);
		vif_configure(vif);
	}
	UNLOCK_TCPIP_CORE();
	boot_stage("net");
	return result;
}
INIT(INIT_SYSTEM, net_init);
