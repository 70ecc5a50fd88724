/* SPDX-License-Identifier: BSD-2-Clause */
/* What the network holds and what has happened to it, for the statistics page. */
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>

#include "unikernel/core/format.h"
#include "unikernel/core/stats.h"
#include "unikernel/net/memory.h"
#include "unikernel/net/vif.h"

static unsigned int count(const struct tcp_pcb *pcb)
{
	unsigned int n = 0;

	for (; pcb; pcb = pcb->next)
		n++;
	return n;
}

/* As format(), behind what is in buf already: *used bytes, counted without the cut. */
#define ADD(...)                                                                                \
	(used += (size_t)format(used < size ? buf + used : NULL, used < size ? size - used : 0, \
				__VA_ARGS__))

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
	for (const struct vif *vif = vif_first; vif; vif = vif->next) {
		ADD("vif%u_rx_dropped %llu\n", vif->index,
		    (unsigned long long)vif->stats.rx_dropped);
		ADD("vif%u_tx_dropped %llu\n", vif->index,
		    (unsigned long long)vif->stats.tx_dropped);
		ADD("vif%u_tx_waited %llu\n", vif->index, (unsigned long long)vif->stats.tx_waited);
	}
	return (int)used;
}
STATS(net_stats);
