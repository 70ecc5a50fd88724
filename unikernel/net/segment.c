/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <arch/hooks.h>

#include "unikernel/core/page.h"
#include "unikernel/net/ends.h"
#include "unikernel/net/headers.h"
#include "unikernel/net/segment.h"
#include "unikernel/net/vif.h"

/*
 * The largest: with what lwIP puts before the data (struct pbuf, room for headers) it fills whole
 * pages, which can then be lent.
 */
#define SEGMENT_PAGES 16u
#define SEGMENT_MAX   (SEGMENT_PAGES * PAGE_SIZE - 256)

static u8_t peer_mss_arg; /* the number of the extra argument */

/* The segment that lwIP is putting out at the moment. */
static struct {
	const struct pbuf *p;
	u16_t mss;
} current;

void segment_init(void)
{
	peer_mss_arg = tcp_ext_arg_alloc_id();
}

static u16_t peer_mss(const struct tcp_pcb *pcb)
{
	return (u16_t)(uintptr_t)pcb->ext_args[peer_mss_arg].data;
}

static struct vif *vif_of(const struct netif *netif)
{
	for (struct vif *vif = vif_first; vif; vif = vif->next)
		if (&vif->netif == netif)
			return vif;
	return NULL;
}

/* The largest segment of our mtu. */
static u16_t mtu_mss(const struct vif *vif, bool ipv6)
{
	return (u16_t)(vif->info.mtu - (ipv6 ? IP6_HLEN : IP_HLEN) - TCP_HLEN);
}

/* --- in: how large segments may be from now on ------------------------------------------------ */

static bool sending_again(const struct tcp_pcb *pcb)
{
	return pcb->nrtx > 0 || pcb->dupacks > 0 || (pcb->flags & (TF_INFR | TF_RTO));
}

static u16_t wanted(const struct tcp_pcb *pcb, u16_t mss, const struct vif *vif)
{
	const struct netfront_features *has = &vif->info.features;
	tcpwnd_size_t size = LWIP_MIN(pcb->cwnd, pcb->snd_wnd_max) / 2;

	if (!(IP_IS_V6_VAL(pcb->remote_ip) ? has->gso_ipv6 : has->gso_ipv4))
		return mss;
	if (size > SEGMENT_MAX)
		size = SEGMENT_MAX;
	size -= size % mss;
	return size > mss ? (u16_t)size : mss;
}

/* lwIP has found the connection of a packet that came in. */
err_t net_tcp_in(struct tcp_pcb *pcb)
{
	const struct vif *vif = vif_of(ip_current_input_netif());
	u16_t mss, size;

	if (!vif || pcb->state < ESTABLISHED || pcb->state == TIME_WAIT)
		return ERR_OK;
	mss = peer_mss(pcb);
	if (mss == 0) {
		mss = LWIP_MIN(pcb->mss, mtu_mss(vif, IP_IS_V6_VAL(pcb->remote_ip)));
		pcb->mss = mss;
		tcp_ext_arg_set(pcb, peer_mss_arg, (void *)(uintptr_t)mss);
	}
	if (sending_again(pcb))
		return ERR_OK;
	size = wanted(pcb, mss, vif);
	if (size > pcb->mss || (!pcb->unsent && !pcb->unacked))
		pcb->mss = size;
	return ERR_OK;
}

/* --- out: whose segment it is ------------------------------------------------------------------ */

/* The option with which a connection begins says what we take: less, if our mtu is less. */
static void mss_option_bound(struct tcp_hdr *tcp, const struct vif *vif, bool ipv6)
{
	u8_t *option = (u8_t *)(tcp + 1);
	u16_t mss = mtu_mss(vif, ipv6);

	if (TCPH_HDRLEN_BYTES(tcp) < TCP_HLEN + 4 || option[0] != LWIP_TCP_OPT_MSS)
		return;
	option[2] = (u8_t)(mss >> 8);
	option[3] = (u8_t)mss;
}

/*
 * When the peer's window takes a part only of the last segment, which has the FIN, lwIP cuts it in two
 * (tcp_split_unsent_seg in 2.1.3) and leaves the FIN on both. The peer would take the end of the
 * first part for the end, and what is behind it would be lost without a word.
 */
static void fin_last(const struct pbuf *p, struct tcp_hdr *tcp, const struct tcp_pcb *pcb)
{
	u16_t len = p->tot_len - TCPH_HDRLEN_BYTES(tcp);

	if (len > 0 && lwip_ntohl(tcp->seqno) + len != pcb->snd_lbb)
		TCPH_HDRLEN_FLAGS_SET(tcp, TCPH_HDRLEN(tcp), TCPH_FLAGS(tcp) & ~TCP_FIN);
}

u32_t *net_tcp_out(const struct pbuf *p, struct tcp_hdr *tcp, const struct tcp_pcb *pcb,
		   u32_t *options)
{
	if (pcb && (TCPH_FLAGS(tcp) & TCP_FIN))
		fin_last(p, tcp, pcb);
	if (pcb && (TCPH_FLAGS(tcp) & TCP_SYN)) {
		const struct vif *vif = vif_of(ip_route(&pcb->local_ip, &pcb->remote_ip));

		if (vif)
			mss_option_bound(tcp, vif, IP_IS_V6_VAL(pcb->remote_ip));
	}
	/* A reset of a connection that there is none of has no pcb. */
	current.p = p;
	current.mss = pcb ? peer_mss(pcb) : 0;
	return options;
}

/* A segment that has waited, for an address or for room: whose is it? */
static u16_t search(const struct vif *vif, const struct pbuf *p, const struct headers *h)
{
	const struct ends ends = ends_read((const char *)p->payload + SIZEOF_ETH_HDR, h->ipv6,
					   headers_tcp(h, p->payload), &vif->netif);

	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		if (ends_match(pcb, &ends.source, &ends.destination))
			return peer_mss(pcb);
	return 0;
}

u16_t segment_mss(const struct vif *vif, const struct pbuf *p, const struct headers *h)
{
	return p == current.p ? current.mss : search(vif, p, h);
}
