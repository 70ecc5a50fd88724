/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames out.  lwIP believes in an mtu beyond all of its packets; so what is longer than ours is cut
 * here, datagrams into fragments, while segments of TCP go on whole.
 */
#include <errno.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/nd6.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/prot/ip4.h>
#include <lwip/inet_chksum.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/udp.h>

#include "unikernel/core/page.h"
#include "unikernel/net/burst.h"
#include "unikernel/net/headers.h"
#include "unikernel/net/vif.h"

/* --- above Ethernet -------------------------------------------------------------------------- */

/* A datagram that is to be cut: its checksum goes with the first fragment, and is nobody else's. */
static void datagram_checksum(struct pbuf *p, size_t ip_len, const ip_addr_t *from,
			      const ip_addr_t *to)
{
	struct udp_hdr *udp = (void *)((char *)p->payload + ip_len);
	u16_t checksum;

	pbuf_remove_header(p, ip_len);
	udp->chksum = 0;
	checksum = ip_chksum_pseudo(p, IP_PROTO_UDP, p->tot_len, from, to);
	udp->chksum = checksum ? checksum : 0xffff;
	pbuf_add_header(p, ip_len);
}

err_t vif_output_ipv4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	const struct vif *vif = netif->state;
	const struct ip_hdr *ip = p->payload;
	ip_addr_t ends[2];
	err_t result;

	if (p->tot_len <= vif->info.mtu || IPH_PROTO(ip) == IP_PROTO_TCP)
		return etharp_output(netif, p, to);
	if (IPH_PROTO(ip) == IP_PROTO_UDP && !(IPH_OFFSET(ip) & PP_HTONS(IP_MF | IP_OFFMASK))) {
		ip_addr_copy_from_ip4(ends[0], ip->src);
		ip_addr_copy_from_ip4(ends[1], ip->dest);
		datagram_checksum(p, IPH_HL_BYTES(ip), &ends[0], &ends[1]);
	}
	/* It calls us again with each fragment. */
	netif->mtu = vif->info.mtu;
	result = ip4_frag(p, netif, to);
	netif->mtu = VIF_MTU_LWIP;
	return result;
}

/*
 * Of a destination lwIP keeps what its path takes, which begins with what we have told lwIP of the
 * interface.  Gives it another, unless it is known to take less already; returns what it was.
 */
static u16_t destination_mtu(const ip6_addr_t *to, u16_t mtu, bool known_less)
{
	for (int i = 0; i < LWIP_ND6_NUM_DESTINATIONS; i++) {
		struct nd6_destination_cache_entry *entry = &destination_cache[i];
		u16_t was = entry->pmtu;

		if (!ip6_addr_cmp(&entry->destination_addr, to))
			continue;
		if (!known_less || was > mtu)
			entry->pmtu = mtu;
		return was;
	}
	return 0;
}

err_t vif_output_ipv6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
	const struct vif *vif = netif->state;
	const struct ip6_hdr *ip = p->payload;
	ip_addr_t ends[2];
	err_t result;
	u16_t path;

	if (p->tot_len <= vif->info.mtu || IP6H_NEXTH(ip) == IP_PROTO_TCP)
		return ethip6_output(netif, p, to);
	if (IP6H_NEXTH(ip) == IP_PROTO_UDP) {
		ip_addr_copy_from_ip6_packed(ends[0], ip->src);
		ip_addr_copy_from_ip6_packed(ends[1], ip->dest);
		datagram_checksum(p, IP6_HLEN, &ends[0], &ends[1]);
	}
	/* It calls us again with each fragment. */
	netif->mtu = vif->info.mtu;
	path = destination_mtu(to, vif->info.mtu, true);
	result = ip6_frag(p, netif, to);
	destination_mtu(to, path, false);
	netif->mtu = VIF_MTU_LWIP;
	return result;
}

/* --- pieces ---------------------------------------------------------------------------------- */

/*
 * A long pbuf of lwIP's own has pages for itself: from its struct at the beginning of the first to
 * the slack in the last. Those that its data fill may be lent.
 */
static bool pbuf_pages(const struct pbuf *p, const char **end)
{
	struct page_run run;

	if (!pbuf_match_allocsrc(p, PBUF_TYPE_ALLOC_SRC_MASK_STD_HEAP) ||
	    !(p->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS) || p->len < PAGE_SIZE ||
	    !page_get_run(p, &run) || run.use != PAGE_USE_HEAP_RUN)
		return false;
	*end = (const char *)((uintptr_t)p & ~PAGE_MASK) + run.count * PAGE_SIZE;
	return true;
}

bool vif_frame_add(struct vif_frame *frame, const struct pbuf *p, size_t skip, size_t n, bool lend)
{
	for (; p && n > 0; p = p->next) {
		size_t len = p->len > skip ? p->len - skip : 0;
		char *data = (char *)p->payload + skip;
		struct netfront_piece *piece = &frame->piece[frame->packet.pieces];
		const char *end;

		skip -= skip < p->len ? skip : p->len;
		if (len == 0)
			continue;
		if (frame->packet.pieces == VIF_PIECES_MAX)
			return false;
		if (len > n)
			len = n;
		*piece = (struct netfront_piece){.data = data, .len = len};
		if (lend && pbuf_pages(p, &end)) {
			piece->lend = true;
			/* Behind a part of it stands the rest. */
			if (data + len == (char *)p->payload + p->len)
				piece->slack = (size_t)(end - (data + len));
		}
		frame->packet.pieces++;
		frame->packet.len += len;
		n -= len;
	}
	return true;
}

void vif_frame_checksum(const struct vif *vif, struct vif_frame *frame, const struct headers *h)
{
	const struct netfront_features *has = &vif->info.features;
	size_t skip = h->len, at = 0;
	u32_t sum = 0;

	frame->packet.checksum_blank = h->ipv6 ? has->checksum_ipv6 : has->checksum_ipv4;
	if (frame->packet.checksum_blank)
		return;
	for (unsigned int i = 0; i < frame->packet.pieces; i++) {
		const struct netfront_piece *piece = &frame->piece[i];

		sum = headers_sum(sum, at, (const char *)piece->data + skip, piece->len - skip);
		at += piece->len - skip;
		skip = 0;
	}
	headers_checksum(h, frame->piece[0].data, sum);
}

int vif_frame_send(struct vif *vif, struct vif_frame *frame)
{
	frame->packet.piece = frame->piece;
	return vif->front ? netfront_send(vif->front, &frame->packet) : -ENETDOWN;
}

/* --- frames ---------------------------------------------------------------------------------- */

/* TCP that is no burst's: its headers are finished in a copy. */
static int tcp_send(struct vif *vif, const struct pbuf *p, const struct headers *h)
{
	struct vif_frame frame;
	unsigned char head[HEADERS_MAX];

	memcpy(head, p->payload, h->len);
	headers_finish(h, head, p->tot_len - h->len);
	frame.packet = (struct netfront_packet){.len = h->len, .pieces = 1};
	frame.piece[0] = (struct netfront_piece){.data = head, .len = h->len};
	if (!vif_frame_add(&frame, p, h->len, p->tot_len, false))
		return -EMSGSIZE;
	vif_frame_checksum(vif, &frame, h);
	return vif_frame_send(vif, &frame);
}

/* A datagram's are finished where they lie: nobody else's, and the same if it is sent again. */
static int udp_send(struct vif *vif, struct pbuf *p, const struct headers *h)
{
	struct vif_frame frame;

	headers_finish_udp(h, p->payload, p->tot_len - h->len);
	frame.packet = (struct netfront_packet){0};
	if (!vif_frame_add(&frame, p, 0, p->tot_len, false))
		return -EMSGSIZE;
	vif_frame_checksum(vif, &frame, h);
	return vif_frame_send(vif, &frame);
}

static int other_send(struct vif *vif, struct pbuf *p)
{
	struct vif_frame frame;

	frame.packet = (struct netfront_packet){0};
	if (!vif_frame_add(&frame, p, 0, p->tot_len, false))
		return -EMSGSIZE;
	return vif_frame_send(vif, &frame);
}

/* -EAGAIN if there is no room; any other error means that this frame will never be sent. */
static int frame_send(struct vif *vif, struct pbuf *p)
{
	struct headers h;
	bool found = headers_find(&h, p->payload, p->len);
	int result;

	if (found && !h.udp && burst_add(vif, p, &h, &result))
		return result;
	result = burst_send(vif); /* it was first */
	if (result < 0)
		return result;
	if (!found)
		return other_send(vif, p);
	return h.udp ? udp_send(vif, p, &h) : tcp_send(vif, p, &h);
}

/*
 * A packet to be kept: by a reference, which TCP respects (a segment with a second reference is
 * not touched), or by a copy if it points at memory that belongs to somebody else.
 */
static struct pbuf *packet_keep(struct pbuf *p)
{
	for (const struct pbuf *part = p; part; part = part->next)
		if (PBUF_NEEDS_COPY(part))
			return pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	pbuf_ref(p);
	return p;
}

err_t vif_linkoutput(struct netif *netif, struct pbuf *p)
{
	struct vif *vif = netif->state;
	int result = -EAGAIN;

	if (vif->tx.count == 0)
		result = frame_send(vif, p);
	if (result >= 0)
		return ERR_OK;
	if (result == -EAGAIN && vif->tx.count < vif->tx.size) {
		struct pbuf *kept = packet_keep(p);

		if (kept) {
			vif->stats.tx_waited++;
			packet_queue_push(&vif->tx, kept);
			return ERR_OK;
		}
	}
	vif->stats.tx_dropped++;
	/* Lost, as in a cable that is not plugged in: see vif.c's link_apply. */
	if (result == -ENETDOWN)
		return ERR_OK;
	return result == -EAGAIN ? ERR_MEM : ERR_IF;
}

void vif_transmit(struct vif *vif)
{
	struct pbuf *p;

	while ((p = packet_queue_head(&vif->tx)) != NULL) {
		int result = frame_send(vif, p);

		if (result == -EAGAIN)
			return;
		if (result < 0)
			vif->stats.tx_dropped++;
		pbuf_free(packet_queue_pop(&vif->tx));
	}
	(void)burst_send(vif); /* without room, netfront tells again */
}
