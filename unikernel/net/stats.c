/* SPDX-License-Identifier: BSD-2-Clause */
/* What the network holds and what has happened to it, for the statistics page. */
#include <stddef.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>

#include "unikernel/core/format.h"
#include "unikernel/core/stats.h"
#include "unikernel/net/burst.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/vif.h"

static unsigned int count(const struct tcp_pcb *pcb)
{
	unsigned int n = 0;

	for (; pcb; pcb = pcb->next)
		n++;
	return n;
}

/* A device's, then the interface's own. */
static const struct {
	const char *name;
	size_t at;
} device_counters[] =
	{
#define COUNTER(name)                                        \
	{                                                    \
#name, offsetof(struct netfront_stats, name) \
	}
		COUNTER(tx_packets),  COUNTER(tx_bytes),    COUNTER(tx_busy),
		COUNTER(tx_errors),   COUNTER(tx_dropped),  COUNTER(tx_gso),
		COUNTER(tx_lent),     COUNTER(rx_packets),  COUNTER(rx_bytes),
		COUNTER(rx_errors),   COUNTER(rx_dropped),  COUNTER(rx_unclaimed),
		COUNTER(rx_gso),      COUNTER(rx_lent),	    COUNTER(rx_nobuf),
		COUNTER(pages_kept),  COUNTER(copies_kept), COUNTER(grants_kept),
		COUNTER(violations),  COUNTER(events),	    COUNTER(notifies),
		COUNTER(connections),
#undef COUNTER
},
  own_counters[] = {
	  {"net_rx_dropped", offsetof(struct vif_stats, rx_dropped)},
	  {"net_tx_dropped", offsetof(struct vif_stats, tx_dropped)},
	  {"net_tx_waited", offsetof(struct vif_stats, tx_waited)},
	  {"net_tx_cut", offsetof(struct vif_stats, tx_cut)},
};

/* As format(), behind what is in buf already: *used bytes, counted without the cut. */
#define ADD(...)                                                                                \
	(used += (size_t)format(used < size ? buf + used : NULL, used < size ? size - used : 0, \
				__VA_ARGS__))

static unsigned long long counter(const void *stats, size_t at)
{
	return *(const uint64_t *)(const void *)((const char *)stats + at);
}

static size_t vif_stats_format(const struct vif *vif, char *buf, size_t size)
{
	struct netfront_stats device;
	size_t used = 0, bytes;

	if (vif->front) {
		netfront_stats(vif->front, &device);
		for (size_t i = 0; i < sizeof(device_counters) / sizeof(device_counters[0]); i++)
			ADD("vif%u_%s %llu\n", vif->index, device_counters[i].name,
			    counter(&device, device_counters[i].at));
	}
	for (size_t i = 0; i < sizeof(own_counters) / sizeof(own_counters[0]); i++)
		ADD("vif%u_%s %llu\n", vif->index, own_counters[i].name,
		    counter(&vif->stats, own_counters[i].at));
	ADD("vif%u_net_bursts_kept %u\n", vif->index, burst_kept(vif, &bytes));
	ADD("vif%u_net_burst_bytes %zu\n", vif->index, bytes);
	return used;
}

static int net_stats(char *buf, size_t size)
{
	struct net_memory_stats memory;
	size_t used = 0;

	net_memory_stats(&memory);
	ADD("net_memory_bytes %zu\n", memory.bytes);
	ADD("net_memory_refused %zu\n", memory.refused);
	ADD("tcp_active %u\n", count(tcp_active_pcbs));
	ADD("tcp_time_wait %u\n", count(tcp_tw_pcbs));
	ADD("tcp_segments_in %u\n", lwip_stats.mib2.tcpinsegs);
	ADD("tcp_segments_out %u\n", lwip_stats.mib2.tcpoutsegs);
	ADD("tcp_segments_again %u\n", lwip_stats.mib2.tcpretranssegs);
	for (const struct vif *vif = vif_first; vif; vif = vif->next)
		used += vif_stats_format(vif, used < size ? buf + used : NULL,
					 used < size ? size - used : 0);
	return (int)used;
}
STATS(net_stats);
