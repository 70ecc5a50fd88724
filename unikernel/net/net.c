/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the network. */
#include <lwip/tcpip.h>

#include "unikernel/core/boot.h"
#include "unikernel/core/init.h"
#include "unikernel/core/log.h"
#include "unikernel/core/page.h"
#include "unikernel/core/time.h"
#include "unikernel/net/config.h"
#include "unikernel/net/hostname.h"
#include "unikernel/net/isn.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/random.h"
#include "unikernel/net/report.h"
#include "unikernel/net/segment.h"
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

static const char *name; /* the host's */

static void vif_start(struct netfront *front)
{
	struct vif *vif = vif_open(front);

	if (!vif) {
		log_error("net: no memory for an interface");
		return;
	}
	netif_set_hostname(&vif->netif, name);
	vif_configure(vif);
}

/* One that has been plugged in while we run. */
static void vif_arrived(struct netfront *front)
{
	LOCK_TCPIP_CORE();
	vif_close_removed();
	vif_start(front);
	UNLOCK_TCPIP_CORE();
}

static int net_init(void)
{
	struct netfront *front;
	int result;

	name = hostname_read();
	net_memory_limit(memory_share());
	net_random_init();
	net_tcp_isn_init();
	segment_init();
	tcpip_init(NULL, NULL);
	xenbus_devices_ready(time_in(DEVICES_WAIT));

	LOCK_TCPIP_CORE();
	result = report_start();
	if (result == 0)
		result = vif_thread_start();
	dns_configure();
	for (unsigned int i = 0; (front = netfront_open(i)) != NULL; i++)
		vif_start(front);
	/* Nobody waits in between: each device is found here or comes by the hook. */
	netfront_arrived_hook = vif_arrived;
	UNLOCK_TCPIP_CORE();
	boot_stage("net");
	return result;
}
INIT(INIT_SYSTEM, net_init);
