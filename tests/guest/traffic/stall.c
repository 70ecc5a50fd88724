/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/guest/traffic/stall.h"

#include <stdlib.h>
#include <string.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcpip.h>

#include "tests/guest/verdict.h"
#include "unikernel/core/stats.h"
#include "unikernel/core/time.h"

#define TIMES 3u

static void segments_count(const struct tcp_seg *seg, unsigned int *count, unsigned int *busy)
{
	for (; seg != NULL; seg = seg->next) {
		++*count;
		*busy += seg->p->ref > 1;
	}
}

static void connection_say(const struct tcp_pcb *pcb)
{
	unsigned int unacked = 0, unsent = 0, busy = 0;

	segments_count(pcb->unacked, &unacked, &busy);
	segments_count(pcb->unsent, &unsent, &busy);
	say("port %u: %s, flags %x, mss %u, idle %u ticks\n", pcb->remote_port,
	    tcp_debug_state_str(pcb->state), pcb->flags, pcb->mss, tcp_ticks - pcb->tmr);
	say("  out: %u unacked, %u unsent, %u of them busy; acked %u, next %u, end %u; window %u "
	    "of "
	    "%u, congestion %u; timer %d of %d ticks, %u times; persist %u\n",
	    unacked, unsent, busy, pcb->lastack, pcb->snd_nxt, pcb->snd_lbb, pcb->snd_wnd,
	    pcb->snd_wnd_max, pcb->cwnd, pcb->rtime, pcb->rto, pcb->nrtx, pcb->persist_backoff);
	say("  in: next %u, window %u, announced to %u%s\n", pcb->rcv_nxt, pcb->rcv_wnd,
	    pcb->rcv_ann_right_edge, pcb->ooseq != NULL ? ", out of order" : "");
}

void stall_say(void)
{
	static char text[4096];
	static unsigned int times;

	if (times++ >= TIMES)
		return;
	LOCK_TCPIP_CORE();
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
		connection_say(pcb);
	UNLOCK_TCPIP_CORE();
	stats_format(text, sizeof(text));
	console_write(text, strlen(text));
}
