/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <arch/cc.h>
#include <lwip/prot/ethernet.h>
#include <xen/xen.h>
#include <xen/io/netif.h>

#include "unikernel/core/heap.h"
#include "unikernel/core/time.h"
#include "unikernel/net/burst.h"
#include "unikernel/net/headers.h"
#include "unikernel/net/segment.h"
#include "unikernel/net/vif.h"

#define SEGMENTS_MAX 46u /* of 1,460 bytes, in 64 KiB */

#define BURST_NS     (50 * TIME_US)

struct burst {
	struct burst *next; /* in the list of unused ones */
	struct headers headers;
	unsigned char head[HEADERS_MAX];
	u32_t next_seq;
	u16_t mss;
	size_t skip;	   /* bytes of the first segment that are another burst's */
	size_t data, sent; /* bytes behind the headers; of those, sent already */
	struct pbuf *segment[SEGMENTS_MAX];
	unsigned int segments;
};

static struct burst *burst_make(struct vif *vif)
{
	struct burst *burst = vif->burst_unused;

	if (burst)
		vif->burst_unused = burst->next;
	else
		burst = net_malloc(sizeof(*burst));
	return burst;
}

static void burst_free(struct vif *vif, struct burst *burst)
{
	for (unsigned int i = 0; i < burst->segments; i++)
		pbuf_free(burst->segment[i]);
	burst->next = vif->burst_unused;
	vif->burst_unused = burst;
}

void burst_sent(void *context, void *burst)
{
	burst_free(context, burst);
}

unsigned int burst_kept(const struct vif *vif, size_t *bytes)
{
	unsigned int kept = 0;

	*bytes = vif->burst_unused ? heap_usable(vif->burst_unused) : 0;
	for (const struct burst *burst = vif->burst_unused; burst; burst = burst->next)
		kept++;
	return kept;
}

void burst_close(struct vif *vif)
{
	timer_cancel(&vif->burst_timer);
	if (vif->burst)
		burst_free(vif, vif->burst);
	vif->burst = NULL;
	while (vif->burst_unused) {
		struct burst *burst = vif->burst_unused;

		vif->burst_unused = burst->next;
		net_free(burst);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

/* The data from `from` on, n bytes of them, behind the headers. */
static bool frame_fill(struct vif_frame *frame, const struct burst *burst, size_t from, size_t n,
		       bool lend)
{
	for (unsigned int i = 0; i < burst->segments && n > 0; i++) {
		const struct pbuf *p = burst->segment[i];
		size_t data = p->tot_len - burst->headers.len, before = frame->packet.len;

		if (from >= data) {
			from -= data;
			continue;
		}
		if (!vif_frame_add(frame, p, burst->headers.len + from, n, lend))
			return false;
		n -= frame->packet.len - before;
		from = 0;
	}
	return true;
}

static int burst_put(struct vif *vif, struct burst *burst, size_t n, bool lend)
{
	const struct headers *h = &burst->headers;
	bool last = burst->sent + n == burst->data;
	struct vif_frame frame;
	unsigned char head[HEADERS_MAX];
	struct tcp_hdr *tcp;

	frame.packet = (struct netfront_packet){.len = h->len, .pieces = 1, .owner = burst};
	frame.piece[0] = (struct netfront_piece){.data = head, .len = h->len};
	memcpy(head, burst->head, h->len);
	tcp = headers_tcp(h, head);
	tcp->seqno = lwip_htonl(lwip_ntohl(tcp->seqno) + (u32_t)burst->sent);
	if (!last)
		tcp->_hdrlen_rsvd_flags &= (u16_t)~PP_HTONS(TCP_PSH | TCP_FIN);
	headers_finish(h, head, n);
	if (!frame_fill(&frame, burst, burst->skip + burst->sent, n, lend))
		return -EMSGSIZE;
	vif_frame_checksum(vif, &frame, h);
	if (n > burst->mss) {
		frame.packet.gso_type =
			h->ipv6 ? XEN_NETIF_GSO_TYPE_TCPV6 : XEN_NETIF_GSO_TYPE_TCPV4;
		frame.packet.gso_size = burst->mss;
	}
	return vif_frame_send(vif, &frame);
}

/* One frame if the back end cuts it, or a frame for each segment. */
static int burst_put_all(struct vif *vif, struct burst *burst)
{
	const struct netfront_features *has = &vif->info.features;
	bool gso = burst->headers.ipv6 ? has->gso_ipv6 : has->gso_ipv4;
	int result;

	if (gso || burst->data <= burst->mss) {
		result = burst_put(vif, burst, burst->data, true);
		/* Pages as they lie may be more than a frame can take; copied, they are not. */
		return result == -EMSGSIZE ? burst_put(vif, burst, burst->data, false) : result;
	}
	while (burst->sent < burst->data) {
		size_t n = LWIP_MIN(burst->data - burst->sent, burst->mss);

		result = burst_put(vif, burst, n, false);
		if (result == -EAGAIN)
			return result;
		vif->stats.tx_cut += result == 0;
		vif->stats.tx_dropped += result < 0;
		burst->sent += n;
	}
	return 0;
}

int burst_send(struct vif *vif)
{
	struct burst *burst = vif->burst;
	int result;

	if (!burst)
		return 0;
	timer_cancel(&vif->burst_timer);
	/* Not being filled any more: what is lent may come back, by burst_sent, at any moment. */
	vif->burst = NULL;
	result = burst_put_all(vif, burst);
	if (result == -EAGAIN) {
		vif->burst = burst;
		return result;
	}
	vif->stats.tx_dropped += result < 0;
	if (result <= 0)
		burst_free(vif, burst);
	return 0;
}

static void burst_timeout(void *arg)
{
	struct vif *vif = arg;

	/* While netfront has no room, what it has said it will tell is waited for. */
	if (vif->tx.count == 0)
		(void)burst_send(vif);
}

/* --- filling --------------------------------------------------------------------------------- */

/* Data in a full burst: whole segments of the peer's, so that none is sent short. */
static size_t burst_max(const struct burst *burst)
{
	size_t max = NETFRONT_FRAME_MAX - burst->headers.len;

	return max - max % burst->mss;
}

static bool continues(const struct burst *burst, const struct headers *h, const void *frame)
{
	const struct tcp_hdr *tcp = headers_tcp(h, (void *)(uintptr_t)frame);
	const struct tcp_hdr *first = headers_tcp(h, (void *)(uintptr_t)burst->head);
	size_t addresses = h->ipv6 ? 32 : 8;

	return burst->sent == 0 && burst->segments < SEGMENTS_MAX && h->len == burst->headers.len &&
	       h->ipv6 == burst->headers.ipv6 && lwip_ntohl(tcp->seqno) == burst->next_seq &&
	       burst->data < burst_max(burst) &&
	       /* To the same neighbour; same addresses, ports and options. */
	       !memcmp(burst->head, frame, SIZEOF_ETH_HDR) &&
	       !memcmp((const char *)first - addresses, (const char *)tcp - addresses,
		       addresses + 4) &&
	       !memcmp(first + 1, tcp + 1, h->len - h->tcp_at - TCP_HLEN);
}

static bool burst_begin(struct vif *vif, const struct pbuf *p, const struct headers *h, u16_t mss,
			size_t skip)
{
	struct burst *burst = burst_make(vif);
	struct tcp_hdr *tcp;

	if (!burst)
		return false;
	burst->headers = *h;
	memcpy(burst->head, p->payload, h->len);
	tcp = headers_tcp(h, burst->head);
	burst->next_seq = lwip_ntohl(tcp->seqno) + (u32_t)skip;
	tcp->seqno = lwip_htonl(burst->next_seq);
	burst->mss = mss;
	burst->skip = skip;
	burst->data = burst->sent = 0;
	burst->segments = 0;
	vif->burst = burst;
	return true;
}

/* The data of a segment from `from` on, as far as there is room; how much that was. */
static size_t burst_append(struct burst *burst, struct pbuf *p, size_t from)
{
	const struct headers *h = &burst->headers;
	const struct tcp_hdr *tcp = headers_tcp(h, p->payload);
	struct tcp_hdr *head = headers_tcp(h, burst->head);
	size_t data = LWIP_MIN(p->tot_len - h->len - from, burst_max(burst) - burst->data);

	pbuf_ref(p);
	burst->segment[burst->segments++] = p;
	burst->data += data;
	burst->next_seq += (u32_t)data;
	head->ackno = tcp->ackno;
	head->wnd = tcp->wnd;
	if (from + data == p->tot_len - h->len)
		TCPH_SET_FLAG(head, TCPH_FLAGS(tcp) & (TCP_PSH | TCP_FIN));
	return data;
}

static void burst_retract(struct burst *burst, size_t data)
{
	pbuf_free(burst->segment[--burst->segments]);
	burst->data -= data;
	burst->next_seq -= (u32_t)data;
}

/* The end of what a program writes is sent at once, unless something was just before. */
static bool burst_is_late(struct vif *vif)
{
	uint64_t now_ns = time_monotonic_ns();
	bool late = now_ns - vif->burst_ns >= BURST_NS;

	vif->burst_ns = now_ns;
	return late;
}

/* What is left of a segment goes on in a burst of its own: 0, or an error, and none of it is sent. */
static int burst_overflow(struct vif *vif, struct pbuf *p, const struct headers *h, size_t from)
{
	u16_t mss = vif->burst->mss;
	struct burst *full = vif->burst;
	int result = burst_send(vif);

	if (result == 0 && !burst_begin(vif, p, h, mss, from))
		return -ENOMEM; /* as if that part were lost on the way */
	if (result < 0)
		burst_retract(full, from);
	else
		(void)burst_append(vif->burst, p, from);
	return result;
}

bool burst_add(struct vif *vif, struct pbuf *p, const struct headers *h, int *result)
{
	const struct tcp_hdr *tcp = headers_tcp(h, p->payload);
	size_t data = p->tot_len - h->len, taken;
	u16_t mss;

	*result = 0;
	if (data == 0 || (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_RST | TCP_URG)) || h->len > p->len)
		return false;
	if (vif->burst && !continues(vif->burst, h, p->payload)) {
		*result = burst_send(vif);
		if (*result < 0)
			return true;
	}
	if (!vif->burst) {
		mss = segment_mss(vif, p, h);
		if (mss == 0 || !burst_begin(vif, p, h, mss, 0))
			return false;
	}
	taken = burst_append(vif->burst, p, 0);
	if (taken < data) {
		*result = burst_overflow(vif, p, h, taken);
		if (*result < 0)
			return true;
	}
	if ((TCPH_FLAGS(tcp) & (TCP_PSH | TCP_FIN)) && burst_is_late(vif)) {
		/* If there is no room, it is kept here, and those that follow wait behind it. */
		(void)burst_send(vif);
	} else if (!timer_is_set(&vif->burst_timer)) {
		timer_set(&vif->burst_timer, TIME_POLL, burst_timeout, vif);
	}
	return true;
}
